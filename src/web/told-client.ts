/**
 * Who the client of a request is that has reached whoever answers by another way than the client's own connection:
 * passed on by another process of ours, or from a stream of HTTP/2.
 */
export interface ToldClient {
  readonly address: string;
  /** The common name of the client certificate, where one was shown and verified. */
  readonly certificateName: string | undefined;
}

const clients = new WeakMap<object, ToldClient>();

/** Makes everyone who asks about the client of this request hear what is known where its connection is. */
export function tellClient(request: object, client: ToldClient): void {
  clients.set(request, client);
}

/** What was told; undefined where the request came on its client's own connection. */
export function toldClientOf(request: object): ToldClient | undefined {
  return clients.get(request);
}
