import { adapter } from './client.ts';
import { declareCases, describeWithVectors } from './suite.ts';

describeWithVectors('conformance suite, through the adapter', (vectors) => {
  declareCases(vectors, adapter);
});
