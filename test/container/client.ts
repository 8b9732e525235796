import { once } from "node:events";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { type RequestOptions, request } from "node:https";
import WebSocket from "ws";
import type { ComposeProject } from "../support/docker.ts";

/** A whole answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** How to ask: a method, headers and a body, as fetch has them. */
interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Someone outside, who trusts the sidecar's CA and holds its token. */
export interface Client {
  readonly token: string;
  /** Asks without a credential, as a visitor of the app does. */
  visit(path: string, question?: Question): Promise<Answer>;
  /** Asks below the prefix, as an operator. */
  ask(path: string, question?: Question): Promise<Answer>;
  /** Starts a request and gives the answer's head; the caller reads or destroys the rest. */
  stream(path: string, question?: Question): Promise<IncomingMessage>;
  webSocket(path: string): WebSocket;
}

/** Opens a client as the README tells a person to: the token from the log, then the CA, then verified TLS only. */
export async function openClient(project: ComposeProject): Promise<Client> {
  const token = /#token=([\w-]+)/.exec(await project.logs("sidecar"))?.[1];
  if (token === undefined) throw new Error("the sidecar's log holds no link with a token");
  return await openClientAt(project.httpsPort, token);
}

/** The same for a sidecar whose HTTPS port on this machine and whose token are known. */
export async function openClientAt(httpsPort: number, token: string): Promise<Client> {
  const address = { host: "127.0.0.1", port: httpsPort, servername: "localhost" };
  const authority = `localhost:${httpsPort}`;
  const bearer = { Authorization: `Bearer ${token}` };

  // The certificate is self-made: the CA comes over a connection that can't be verified yet, and never again.
  let trust: RequestOptions = { rejectUnauthorized: false };
  const stream = async (path: string, question: Question = {}) => {
    const asked = request({
      ...{ ...address, ...trust, path, method: question.method ?? "GET", agent: false },
      headers: { Host: authority, ...question.headers },
    });
    asked.end(question.body);
    const [answer]: IncomingMessage[] = await once(asked, "response");
    if (answer === undefined) throw new Error("no answer");
    return answer;
  };
  const visit = async (path: string, question?: Question) => whole(await stream(path, question));
  const ask = (path: string, question: Question = {}) =>
    visit(`/_sidecar${path}`, { ...question, headers: { ...bearer, ...question.headers } });

  const { status, text: ca } = await ask("/certificate/ca");
  if (status !== 200) throw new Error(`the CA can't be downloaded: ${status} ${ca}`);
  trust = { ca };
  return {
    ...{ token, visit, ask, stream },
    webSocket: (path) =>
      new WebSocket(`wss://127.0.0.1:${httpsPort}${path}`, {
        ...{ ca, servername: "localhost", headers: { Host: authority } },
      }),
  };
}

async function whole(answer: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    text: Buffer.concat(chunks).toString("utf8"),
  };
}
