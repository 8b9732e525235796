import type { AppError } from "../../src/base/errors.ts";
import type { AnswerHead, ClientSide } from "../../src/web/exchange.ts";
import type { Fields } from "../../src/web/wire/fields.ts";

/** The client's end of an exchange that writes down what it is told. */
export class RecordingClient implements ClientSide {
  readonly takenBytes = 0;
  readonly interims: number[] = [];
  head: AnswerHead | undefined;
  body = Buffer.alloc(0);
  trailers: Fields | undefined;
  error: AppError | undefined;
  flushes = 0;
  wants = 0;
  /** What `write` gives. */
  takes = true;
  isEnded = false;

  /** Whether it was told that it is over. Whatever it is told after that throws. */
  get isOver(): boolean {
    return this.isEnded || this.error !== undefined;
  }

  get status(): number | undefined {
    return this.head?.status;
  }

  field(lowerName: string): string | undefined {
    const { head } = this;
    return head?.drops(lowerName) ? undefined : head?.fields.first(lowerName);
  }

  interim(head: AnswerHead): void {
    this.#told();
    this.interims.push(head.status);
  }

  begin(head: AnswerHead): void {
    this.#told();
    this.head = head;
  }

  write(data: Buffer): boolean {
    this.#told();
    this.body = Buffer.concat([this.body, data]);
    return this.takes;
  }

  end(trailers: Fields): void {
    this.#told();
    this.trailers = trailers;
    this.isEnded = true;
  }

  flush(): void {
    this.#told();
    this.flushes += 1;
  }

  resumeBody(): void {
    this.#told();
    this.wants += 1;
  }

  fail(error: AppError): void {
    this.#told();
    this.error = error;
  }

  #told(): void {
    if (this.isOver) throw new Error("told something after it was over");
  }
}
