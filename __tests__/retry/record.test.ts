import { inspect } from 'node:util';
import { CallRecord } from '../../lib/retry/record.js';

const setUp = (retryTimeoutMs = 180_000) => {
  const clock = { ms: 5000 };
  const startedAt = new Date('2024-05-06T07:08:09.010Z');
  const record = new CallRecord({ startedAtMs: startedAt.getTime(), nowMs: () => clock.ms, retryTimeoutMs });
  return { clock, startedAt, record };
};

/** Two failures, then whatever comes. */
const setUpFailing = () => {
  const all = setUp();
  const { record, clock } = all;
  record.attemptStarted();
  clock.ms += 50;
  record.attemptFailed({ kind: 'status', status: 503, code: 'ERR_BAD_RESPONSE' });
  record.retryScheduled(100);
  clock.ms += 100;
  record.attemptStarted();
  clock.ms += 20;
  record.attemptFailed({ kind: 'connect', status: undefined, code: 'ECONNREFUSED' });
  return all;
};

describe('before the first attempt', () => {
  it('nothing has happened', () => {
    const { record, startedAt } = setUp();
    expect(record.snapshot()).toEqual({
      startedAt,
      attempts: 0,
      retries: 0,
      elapsedMs: 0,
      delaysMs: [],
      remainingMs: 180_000,
      outcomes: [],
      resends: 0,
    });
  });
});

describe('while it runs', () => {
  it('the time is live', () => {
    const { record, clock } = setUp();
    record.attemptStarted();
    expect([record.attempts, record.retries]).toEqual([1, 0]);
    clock.ms += 1500;
    expect([record.elapsedMs, record.remainingMs]).toEqual([1500, 178_500]);
    expect(record.snapshot()).toMatchObject({ elapsedMs: 1500, remainingMs: 178_500 });
  });

  it('every failed attempt and every sleep is kept', () => {
    const { record } = setUpFailing();
    expect(record.snapshot()).toMatchObject({
      attempts: 2,
      retries: 1,
      elapsedMs: 170,
      delaysMs: [100],
      outcomes: [
        { kind: 'status', status: 503, code: 'ERR_BAD_RESPONSE' },
        { kind: 'connect', code: 'ECONNREFUSED' },
      ],
    });
  });

  it('what is left of retryTimeout is never negative', () => {
    const { record, clock } = setUp(100);
    clock.ms += 101;
    expect(record.remainingMs).toBe(0);
  });
});

describe('at the end', () => {
  it('a success adds no outcome and no reason, and the time stands still', () => {
    const { record, clock } = setUpFailing();
    record.attemptStarted();
    record.finished();
    clock.ms += 10_000;
    record.finished();
    const snapshot = record.snapshot();
    expect(snapshot).toMatchObject({ attempts: 3, retries: 2, elapsedMs: 170 });
    expect(snapshot.outcomes).toHaveLength(2);
    expect(snapshot).not.toHaveProperty('giveUp');
  });

  it('the time goes on as if it had not stood still if the body turns out to be cut', () => {
    const { record, clock } = setUpFailing();
    record.finished();
    clock.ms += 10_000;
    record.reopened();
    expect(record.elapsedMs).toBe(10_170);
  });

  it('giving up keeps the first reason, and the time stands still', () => {
    const { record, clock } = setUpFailing();
    record.gaveUp('budget');
    clock.ms += 10_000;
    record.gaveUp('cancelled');
    expect(record.snapshot()).toMatchObject({ giveUp: 'budget', elapsedMs: 170 });
  });
});

describe('what is given out', () => {
  it('cannot be changed, nor change what is kept', () => {
    const { record, startedAt } = setUpFailing();
    const snapshot = record.snapshot();
    expect(
      [snapshot, snapshot.delaysMs, snapshot.outcomes, snapshot.outcomes[0]].every(Object.isFrozen),
    ).toBe(true);
    snapshot.startedAt.setFullYear(1999);
    expect(record.snapshot().startedAt).toEqual(startedAt);
  });

  it('does not change when the request goes on', () => {
    const { record } = setUpFailing();
    const snapshot = record.snapshot();
    record.retryScheduled(150);
    record.attemptStarted();
    expect([snapshot.attempts, snapshot.delaysMs]).toEqual([2, [100]]);
  });

  it('is small as JSON, and as small where the record itself is on the way', () => {
    const { record } = setUpFailing();
    const json = JSON.stringify({ config: { record } });
    expect(JSON.parse(json)).toEqual({
      config: {
        record: {
          startedAt: '2024-05-06T07:08:09.010Z',
          attempts: 2,
          retries: 1,
          elapsedMs: 170,
          delaysMs: [100],
          remainingMs: 179_830,
          outcomes: [
            { kind: 'status', status: 503, code: 'ERR_BAD_RESPONSE' },
            { kind: 'connect', code: 'ECONNREFUSED' },
          ],
          resends: 0,
        },
      },
    });
  });

  it('shows nothing of its inside when it is inspected', () => {
    expect(inspect(setUpFailing().record, { depth: 9 })).toBe('CallRecord {}');
  });

  it('holds of an outcome only kind, status and code', () => {
    const { record } = setUp();
    const outcome = { kind: 'dropped' as const, error: new Error('secret'), config: { headers: 'secret' } };
    record.attemptFailed(outcome);
    expect(record.snapshot().outcomes).toEqual([{ kind: 'dropped' }]);
  });
});
