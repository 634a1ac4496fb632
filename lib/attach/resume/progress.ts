import type { AxiosProgressEvent } from 'axios';

type Listener = (event: AxiosProgressEvent) => void;

/** Where the pieces of a body belong in it. */
export interface PiecePlace {
  /** What a piece's `loaded` is counted from. */
  readonly offset: number;
  /** Length of the whole body, if it is known. */
  readonly total: number | undefined;
}

/**
 * Makes of the progress of several responses that of one: `loaded` never falls, `bytes` adds up to it. axios reports
 * late and on its own timers, so events of a response that was cut may come among those of the next.
 */
export class DownloadProgress {
  readonly #listener: Listener;
  #loaded = 0;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** For the first response, whose events are right as they are. */
  readonly onFirst = (event: AxiosProgressEvent): void => {
    if (event.loaded < this.#loaded) return;
    this.#loaded = event.loaded;
    this.#listener(event);
  };

  /** For a response that goes on; `place` is asked when its head is known. */
  onNext(place: () => PiecePlace): Listener {
    return (event) => {
      const { offset, total = event.total } = place();
      const loaded = Math.min(offset + event.loaded, total ?? Number.POSITIVE_INFINITY);
      if (loaded <= this.#loaded) return;
      const { rate } = event;
      const bytes = loaded - this.#loaded;
      this.#loaded = loaded;
      this.#listener({
        ...event,
        loaded,
        total,
        bytes,
        progress: total ? loaded / total : undefined,
        estimated: rate && total ? (total - loaded) / rate : undefined,
        lengthComputable: total !== undefined,
      });
    };
  }
}
