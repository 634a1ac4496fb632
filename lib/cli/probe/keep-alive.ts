/** How long the server keeps an idle connection, by its `Keep-Alive: timeout=N`; `undefined` if it does not say. */
export function keepAliveHintMs(field: string | undefined): number | undefined {
  const seconds = /(?:^|[,\s])timeout=(\d{1,6})\b/i.exec(field ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
