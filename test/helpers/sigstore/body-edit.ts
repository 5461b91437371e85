import type { JsonObject, JsonValue } from '../../../src/format/json.ts';
import type { Path } from './edit.ts';

/** Changes of the body of a log entry, made before it is logged. */
export type BodyChange = (body: JsonObject) => JsonObject;

/** Puts another value in the place of one that has to be there. */
export function setting(path: Path, value: JsonValue): BodyChange {
  return changing(path, () => value);
}

export function changingText(path: Path, change: (text: string) => JsonValue): BodyChange {
  return changing(path, (value) => {
    if (typeof value !== 'string') throw new Error(`${path.join('.')} is not a string`);
    return change(value);
  });
}

export function changingList(
  path: Path,
  change: (list: readonly JsonValue[]) => JsonValue,
): BodyChange {
  return changing(path, (value) => {
    if (!Array.isArray(value)) throw new Error(`${path.join('.')} is not a list`);
    return change(value);
  });
}

/** Adds members to an object. */
export function adding(path: Path, members: JsonObject): BodyChange {
  return changing(path, (value) => ({ ...(value as JsonObject), ...members }));
}

function changing(path: Path, change: (value: JsonValue) => JsonValue): BodyChange {
  return (body) => {
    const copy = structuredClone(body) as Record<string | number, JsonValue>;
    let node = copy;
    for (const step of path.slice(0, -1)) node = node[step] as typeof node;
    const last = path.at(-1) ?? '';
    const value = node[last];
    if (value === undefined) throw new Error(`there is no ${path.join('.')}`);
    node[last] = change(value);
    return copy;
  };
}
