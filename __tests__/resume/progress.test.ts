import type { AxiosProgressEvent } from 'axios';
import { DownloadProgress } from '../../lib/resume/download.js';

const event = (fields: Partial<AxiosProgressEvent> & { loaded: number }): AxiosProgressEvent => ({
  bytes: fields.loaded,
  lengthComputable: fields.total !== undefined,
  download: true,
  ...fields,
});

/** The events that reach the caller. */
function listening() {
  const seen: AxiosProgressEvent[] = [];
  return { seen, progress: new DownloadProgress((reported) => seen.push(reported)) };
}

describe('the progress of one response', () => {
  it('is reported as it is', () => {
    const { seen, progress } = listening();
    const events = [event({ loaded: 0 }), event({ loaded: 5 }), event({ loaded: 5 }), event({ loaded: 9 })];
    for (const reported of events) progress.onFirst(reported);
    expect(seen).toEqual(events);
    expect(seen[1]).toBe(events[1]);
  });
});

describe('the progress of a response that goes on', () => {
  it('is counted from where it begins', () => {
    const { seen, progress } = listening();
    progress.onFirst(event({ loaded: 5, total: 20 }));
    progress.onNext(() => ({ offset: 4, total: 20 }))(event({ loaded: 6, total: 16, rate: 5 }));
    expect(seen[1]).toEqual({
      loaded: 10,
      total: 20,
      bytes: 5,
      progress: 0.5,
      rate: 5,
      estimated: 2,
      lengthComputable: true,
      download: true,
    });
  });

  it('tells no time without a rate', () => {
    const { seen, progress } = listening();
    progress.onNext(() => ({ offset: 0, total: 10 }))(event({ loaded: 5 }));
    expect(seen[0]).toMatchObject({ progress: 0.5, estimated: undefined });
  });

  it('is not reported before it is progress', () => {
    const { seen, progress } = listening();
    progress.onFirst(event({ loaded: 5, total: 10 }));
    const next = progress.onNext(() => ({ offset: 2, total: 10 }));
    for (const loaded of [1, 3, 4]) next(event({ loaded }));
    expect(seen.map(({ loaded }) => loaded)).toEqual([5, 6]);
  });

  it('is not disturbed by what the first one reports late', () => {
    const { seen, progress } = listening();
    const next = progress.onNext(() => ({ offset: 5, total: 10 }));
    next(event({ loaded: 3 }));
    progress.onFirst(event({ loaded: 5 }));
    next(event({ loaded: 4 }));
    expect(seen.map(({ loaded }) => loaded)).toEqual([8, 9]);
  });

  it('ends at the total, whatever a server sends more', () => {
    const { seen, progress } = listening();
    progress.onNext(() => ({ offset: 5, total: 10 }))(event({ loaded: 8 }));
    expect(seen[0]).toMatchObject({ loaded: 10, progress: 1 });
  });

  it('has the total of the response where that of the whole is not known', () => {
    const { seen, progress } = listening();
    progress.onNext(() => ({ offset: 0, total: undefined }))(event({ loaded: 5, total: 10 }));
    progress.onNext(() => ({ offset: 0, total: undefined }))(event({ loaded: 6 }));
    expect(seen).toMatchObject([
      { total: 10, progress: 0.5, lengthComputable: true },
      { total: undefined, progress: undefined, lengthComputable: false },
    ]);
  });
});
