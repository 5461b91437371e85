import type { Bundle } from '../../../src/index.ts';
import type { ObjectForm } from '../base/draft.ts';

/** A bundle as an object, in one of the forms that a caller may have. What is no JSON stays text. */
export function objectOf(text: Buffer, form: ObjectForm): Bundle | Buffer {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text.toString());
  } catch {
    return text;
  }
  if (typeof value !== 'object' || value === null) return text;
  return formed(value, form) as unknown as Bundle;
}

class Imitation {
  readonly isNone = true;
}

function formed(value: Record<string, unknown>, form: ObjectForm): object {
  switch (form) {
    case 'plain':
      return value;
    case 'null prototype':
      return Object.assign(Object.create(null), value);
    case 'class':
      return Object.assign(new Imitation(), value);
    case 'toJSON':
      return { ...value, toJSON: () => ({ ...value, mediaType: 'another' }) };
    case 'cycle': {
      const cycle = { ...value };
      cycle['verificationMaterial'] = cycle;
      return cycle;
    }
    case 'bigint':
      return { ...value, mediaType: 1n };
    case 'getter': {
      let asked = 0;
      const envelopes = [value['dsseEnvelope'], {}];
      return {
        ...value,
        get dsseEnvelope() {
          return envelopes[asked++ % 2];
        },
      };
    }
  }
}
