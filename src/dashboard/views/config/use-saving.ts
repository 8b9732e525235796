import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../../api/problem.ts";
import { isStale, makeChange, type Trial, tryChange, type Wanted } from "./change-request.ts";

/** Where a change stands on its way: tried, looked at, sent, watched. */
type SavingStep =
  | { readonly at: "rest" }
  | { readonly at: "trying" }
  /** `isUnknown`: no answer came to what was sent, so that it may have been written. */
  | { readonly at: "refused"; readonly error: unknown; readonly isUnknown: boolean }
  /** Somebody else changed the file meanwhile. */
  | { readonly at: "stale"; readonly wanted: Wanted }
  | { readonly at: "review"; readonly wanted: Wanted; readonly trial: Trial; readonly isSending: boolean }
  | { readonly at: "written"; readonly wanted: Wanted; readonly changeId: string | undefined };

/** A change on its way, and what moves it. */
export interface Saving {
  readonly step: SavingStep;
  /** The ETag of what was edited and written, until that is what is edited. */
  readonly writtenEtag: string | undefined;
  /** The text that was written as it was sent, until then; undefined where it was no text. */
  readonly writtenText: string | undefined;
  /** Tries it: nothing is written. */
  attempt(wanted: Wanted): Promise<void>;
  /** Does what was looked at. */
  send(reason: string): Promise<void>;
  /** Forgets it. */
  close(): void;
  /** Called when what was written is what is edited now. */
  settle(): void;
}

/** One change at a time of the file of this name. `onClose` is called when one that was written is not looked at any more. */
export function useSaving(name: string, onClose: () => void): Saving {
  const [step, setStep] = useState<SavingStep>({ at: "rest" });
  const [written, setWritten] = useState<{ readonly etag: string; readonly text: string | undefined }>();
  const trying = useRef<AbortController | undefined>(undefined);
  const giveUp = () => {
    trying.current?.abort();
    trying.current = undefined;
  };
  useEffect(() => giveUp, []);
  const fail = (wanted: Wanted, error: unknown, isUnknown: boolean) =>
    setStep(isStale(error) ? { at: "stale", wanted } : { at: "refused", error, isUnknown });
  return {
    ...{ step, writtenEtag: written?.etag, writtenText: written?.text },
    async attempt(wanted) {
      giveUp();
      const own = new AbortController();
      trying.current = own;
      setStep({ at: "trying" });
      // An answer that comes late is about a text that was dropped, or is another one now.
      await tryChange(name, wanted, own.signal).then(
        (trial) => {
          if (trying.current === own) setStep({ at: "review", wanted, trial, isSending: false });
        },
        (error: unknown) => {
          if (trying.current === own) fail(wanted, error, false);
        },
      );
    },
    async send(reason) {
      if (step.at !== "review" || step.isSending) return;
      const { wanted, trial } = step;
      setStep({ ...step, isSending: true });
      await makeChange(name, wanted, reason).then(
        (changeId) => {
          // What is restored is nobody's draft.
          if (wanted.kind !== "restore") setWritten(writtenOf(wanted, trial));
          setStep({ at: "written", wanted, changeId });
        },
        (error: unknown) => {
          const isUnknown = error instanceof ApiError && error.status === 0;
          if (isUnknown && wanted.kind !== "restore") setWritten(writtenOf(wanted, trial));
          fail(wanted, error, isUnknown);
        },
      );
    },
    close() {
      giveUp();
      setStep({ at: "rest" });
      if (step.at === "written") onClose();
    },
    settle() {
      setWritten(undefined);
      if (step.at === "refused") setStep({ at: "rest" });
    },
  };
}

function writtenOf(wanted: Wanted, { etag }: Trial) {
  return { etag, text: "text" in wanted ? wanted.text : undefined };
}
