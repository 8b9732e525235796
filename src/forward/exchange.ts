import { nowMs } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import { BodyWatch } from "../web/body-watch.ts";
import type { CoreSide } from "../web/exchange.ts";
import type { Fields } from "../web/wire/fields.ts";
import { answerHead, keepAliveHintMs } from "./answer-head.ts";
import type { CoreConnection } from "./core/connection.ts";
import type { ConnectionUser, Progress } from "./core/connection-user.ts";
import type { HeldUp } from "./core/make-room.ts";
import type { ConnectionWaiter } from "./core/pool.ts";
import type { ResponseHead } from "./core/response-head.ts";
import type { ExchangeParts, ExchangeSettings } from "./exchange-parts.ts";
import { coreFailure } from "./failure.ts";
import { OutgoingRequest } from "./outgoing-request.ts";
import { type Phase, phaseExpired } from "./phases.ts";
import { isIdempotent, maySendAgain } from "./retry.ts";
import { CLIENT_GONE, Tally } from "./traffic/tally.ts";
import { endToEndTrailers } from "./trailers.ts";

/** One request on its way to the core and the answer on its way back: what is sent when, and how long it may take. */

/** Weeks: a stream of events says nothing while nothing happens. */
const SILENCE_MS = 2_000_000_000;

/** The exchange. It begins with {@link Exchange.start}. */
export class Exchange implements CoreSide, ConnectionUser, ConnectionWaiter {
  readonly isToHead: boolean;
  readonly #settings: ExchangeSettings;
  readonly #parts: ExchangeParts;
  readonly #isRepeatable: boolean;
  readonly #body: BodyWatch | undefined;
  readonly #tally: Tally;
  #out: OutgoingRequest;
  #connection: CoreConnection | undefined;
  /** The head is to go out as soon as there is a connection. */
  #isDue: boolean;
  #isComplete: boolean;
  #isHeldBack = false;
  #hasRetried = false;
  #hasAnswer = false;
  #isEventStream = false;
  #isOver = false;
  #phase: Phase = "response";
  /** What the client had taken when it was last looked at. */
  #takenBytes = 0;

  constructor(settings: ExchangeSettings, parts: ExchangeParts) {
    const { method, framing } = parts.request;
    this.#settings = settings;
    this.#parts = parts;
    this.isToHead = method === "HEAD";
    this.#isComplete = framing === "none";
    this.#isDue = this.#isComplete;
    this.#body = this.#isComplete ? undefined : new BodyWatch(settings.bodyLimits);
    this.#isRepeatable = this.#isComplete && isIdempotent(method);
    this.#out = new OutgoingRequest(parts.head, framing === "chunked");
    this.#tally = new Tally(parts.request);
  }

  /** Asks for a connection. A request without a body goes out as soon as there is one. */
  start(): void {
    this.#settings.pool.acquire(this, this.#isRepeatable ? "any" : "careful");
  }

  write(data: Buffer): boolean {
    if (this.#isOver || this.#body === undefined) return true;
    const fault = this.#body.take(data.length);
    if (fault !== undefined) {
      this.#giveUp(fault);
      return true;
    }
    this.#tally.requestBytes += data.length;
    this.#out.add(data);
    return this.#connection !== undefined && !this.#isHeldBack;
  }

  end(trailers: Fields): void {
    if (this.#isOver || this.#isComplete) return;
    this.#out.end(endToEndTrailers(trailers));
    this.#isComplete = true;
  }

  flush(): void {
    this.#isDue = true;
    if (!this.#out.isEmpty) this.#send();
  }

  resume(): void {
    if (this.#phase !== "client") return;
    this.#connection?.resume();
    this.#begin("idle");
  }

  abort(): void {
    if (this.#isOver) return;
    this.#letGo();
    this.#tally.failure = CLIENT_GONE;
    this.#finish();
  }

  onConnection(connection: CoreConnection): void {
    this.#connection = connection;
    this.#tally.sentAtMs = nowMs();
    this.#tally.connection = connection;
    this.#settings.traffic?.sent(this.#tally);
    connection.carry(this);
    if (connection.isConnecting) this.#begin("connect");
    if (this.#isDue) this.#send();
    if (!this.#isComplete) this.#parts.client.resumeBody();
  }

  onRefused(error: AppError): void {
    this.#fail(error);
  }

  onConnected(): void {
    this.#begin(this.#isComplete ? "response" : "body");
  }

  onDrain(): void {
    if (!this.#isHeldBack) return;
    this.#isHeldBack = false;
    this.#body?.goOn();
    if (!this.#hasAnswer) this.#begin(this.#isComplete ? "response" : "body");
    // Whether it has begun to answer or not: an app may send back what it is sent, piece by piece.
    if (!this.#isComplete) this.#parts.client.resumeBody();
  }

  onInterim(head: ResponseHead): void {
    this.#progress();
    this.#parts.client.interim(answerHead(head));
  }

  onHead(head: ResponseHead): void {
    this.#hasAnswer = true;
    const tally = this.#tally;
    tally.headAtMs = nowMs();
    tally.status = head.status;
    this.#parts.request.info.coreMs = tally.headAtMs - tally.sentAtMs;
    if (this.#connection !== undefined) this.#connection.hintMs = keepAliveHintMs(head);
    this.#isEventStream = head.isEventStream;
    this.#begin("idle");
    this.#settings.traffic?.head(tally);
    this.#parts.client.begin(answerHead(head));
  }

  onData(data: Buffer): void {
    this.#tally.responseBytes += data.length;
    if (this.#parts.client.write(data)) {
      this.#progress();
    } else {
      this.#connection?.pause();
      this.#waitForClient();
    }
  }

  onEnd(trailers: Fields): void {
    // The core did not want the rest: what it would make of it on this connection nobody knows.
    if (!this.#isComplete || !this.#out.isEmpty) this.#connection?.spoil();
    this.#parts.client.end(endToEndTrailers(trailers));
    this.#finish();
  }

  onPause(): void {
    this.#parts.client.flush();
  }

  onLost(error: unknown, progress: Progress): void {
    const wasReused = this.#connection?.isReused === true;
    this.#connection = undefined;
    if (wasReused && !this.#hasRetried && maySendAgain(error, progress, this.#isRepeatable)) {
      this.#hasRetried = true;
      this.#tally.retries += 1;
      this.#isHeldBack = false;
      if (progress.isUnsent) this.#out.takeBack();
      else this.#out = new OutgoingRequest(this.#parts.head, false);
      // Not on another idle connection: it may be just as dead.
      this.#settings.pool.acquire(this, "fresh");
    } else {
      this.#fail(coreFailure(error, this.#settings.coreUrl));
    }
  }

  onLate(): void {
    // A client that takes little is not one that takes nothing.
    const { takenBytes } = this.#parts.client;
    if (this.#phase === "client" && takenBytes > this.#takenBytes) this.#waitForClient();
    else this.#giveUp(phaseExpired(this.#phase, this.#settings.timeoutsMs));
  }

  get heldUp(): HeldUp | undefined {
    if (this.#phase !== "client" && this.#phase !== "body") return undefined;
    const { sentAtMs, requestBytes, responseBytes } = this.#tally;
    const forMs = nowMs() - sentAtMs;
    const bytesPerSecond = ((requestBytes + responseBytes) * 1_000) / forMs;
    return { client: this.#settings.clientOf(this.#parts.request), forMs, bytesPerSecond };
  }

  onGiveUp(): void {
    this.#giveUp(
      new AppError(
        "request-timeout",
        "The client is slow, and others waited for its connection to the app.",
        {
          remedy: "SIDECAR_CORE_MAX_CONNECTIONS",
        },
      ),
    );
  }

  #send(): void {
    const connection = this.#connection;
    if (connection === undefined || this.#isOver) return;
    const goesOn = this.#out.sendOn(connection);
    if (!goesOn && !this.#isHeldBack) this.#body?.pause();
    // Until all of it has gone out: nothing else tells a client to go on that was held back meanwhile.
    this.#isHeldBack ||= !goesOn;
    if (connection.isConnecting) return;
    // A client that takes nothing of the answer does not gain time by sending.
    if (this.#hasAnswer) {
      if (this.#phase === "idle") this.#progress();
      return;
    }
    if (this.#isComplete) this.#begin("response");
    // While the client still sends, it is the client that may be slow; unless it is the core that does not take it.
    else this.#begin(this.#isHeldBack ? "idle" : "body");
  }

  #waitForClient(): void {
    this.#takenBytes = this.#parts.client.takenBytes;
    this.#begin("client");
  }

  #begin(phase: Phase): void {
    this.#phase = phase;
    this.#tally.begin(phase);
    this.#progress();
  }

  #progress(): void {
    const maySayNothing = this.#isEventStream && this.#phase === "idle";
    this.#connection?.setDeadline(maySayNothing ? SILENCE_MS : this.#settings.timeoutsMs[this.#phase]);
  }

  /** Ends the exchange by a fault of the client, or because something took too long. */
  #giveUp(error: AppError): void {
    this.#letGo();
    this.#fail(error);
  }

  #letGo(): void {
    if (this.#connection === undefined) this.#settings.pool.cancel(this);
    else this.#connection.destroy();
  }

  #fail(error: AppError): void {
    this.#tally.fail(error.code, error.status);
    this.#finish();
    this.#parts.client.fail(error);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#connection = undefined;
    this.#parts.onOver(this.#tally);
  }
}
