/** Who the client of a request is that another process of ours has passed on: that one has the connection. */
export interface RelayedClient {
  readonly address: string;
  /** The common name of the client certificate, where one was shown and verified. */
  readonly certificateName: string | undefined;
}

const clients = new WeakMap<object, RelayedClient>();

/** Makes everyone who asks about the client of this request hear what the other process knows. */
export function tellRelayedClient(request: object, client: RelayedClient): void {
  clients.set(request, client);
}

/** What the other process knows; undefined where the request came on a connection of this process. */
export function relayedClientOf(request: object): RelayedClient | undefined {
  return clients.get(request);
}
