import { axiosSubjects } from './axios.js';
import { fetchSubjects } from './fetching.js';
import { gotSubject } from './got.js';
import { nodeSubject } from './node.js';
import { BUILD, policySubject } from './policy.js';
import { retryingSubjects } from './retrying-axios.js';
import type { Subject } from './subject.js';
import { undiciSubject } from './undici.js';

/** What it is all about. */
export const OURS = 'axios-policy';
/** Another build of it. */
export const OTHER_BUILD = 'axios-policy, other build';

/**
 * What is compared, in the order of the tables.
 *
 * @param otherBuild entry of another build of the product, to see what a change has brought.
 */
export function subjects(otherBuild: string | undefined): readonly Subject[] {
  return [
    ...axiosSubjects,
    ...retryingSubjects,
    gotSubject,
    ...fetchSubjects,
    undiciSubject,
    nodeSubject,
    policySubject(OURS, BUILD),
    ...(otherBuild === undefined ? [] : [policySubject(OTHER_BUILD, otherBuild)]),
  ];
}
