import type { AxiosStatic } from 'axios';

/** What a request is made of besides its own options. */
export interface World {
  readonly axios: AxiosStatic;
  /** `http://127.0.0.1:port` of the server. */
  readonly url: string;
  /** Another origin, with the same answers. */
  readonly otherUrl: string;
  /** Calls back when a request, or the first half of a response, has arrived. */
  onArrival(callback: () => void): void;
}

/** An option and the name of one of its values: what a case is printed and shrunk as. */
export type Choice = readonly [option: string, value: string];

/** One answer of the server, each part by its name. */
export interface AnswerSpec {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
  readonly encoding: string;
  readonly framing: string;
  readonly ending: string;
}

/** A request and what it is answered; the last answer is given to all further requests. */
export interface Case {
  readonly options: readonly Choice[];
  readonly answers: readonly AnswerSpec[];
}
