import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/**
 * Loaded before a program (`--import`): writes the name of each package that it loads a module of
 * to the file `OMS_TEST_LOADED`, whether it asked for it by `import` or by `require`.
 */

const target = process.env['OMS_TEST_LOADED'] ?? '';

registerHooks({
  load: (url, context, next) => {
    // The last one: packages may have packages of their own.
    const name = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
    if (name !== undefined) appendFileSync(target, `${name}\n`);
    return next(url, context);
  },
});
