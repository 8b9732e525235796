import type { Settings } from "../settings/schema.ts";
import type { Logger } from "../web/log.ts";
import { dateTrouble } from "./certificates/check-pair.ts";
import type { CertificateSource, CertificateStatus, TlsMaterial } from "./certificates/material.ts";
import { machineNames } from "./certificates/names.ts";
import { openSelfMade } from "./certificates/self-made.ts";
import { openTicketKeys, type TicketKeys } from "./certificates/ticket-keys.ts";
import { openUserFiles, userFilesOf } from "./certificates/user-files.ts";

/** The certificate in use, watched and renewed until it is disposed of. */
export interface CertificateStore extends AsyncDisposable {
  /** The certificate that handshakes use now. */
  current(): TlsMaterial;
  /** The 48 bytes of session ticket keys (RFC 5077), the same after a reload and a restart. */
  ticketKeys(): Buffer;
  /** The local CA as PEM; null where the user gives the certificate. */
  caPem(): string | null;
  /** The public facts of {@link current}, and what is wrong with it or with its replacement. */
  status(): CertificateStatus;
  /** Calls `listener` after every change of the certificate or of the ticket keys. */
  onChange(listener: (material: TlsMaterial) => void): void;
  /** Looks for a change at once (SIGHUP); never rejects: what is wrong is in {@link status} and in the log. */
  reload(): Promise<void>;
}

/** What {@link openCertificates} needs. */
export interface CertificateOptions {
  readonly https: Settings["https"];
  /** The state folder, `certs.dir`. */
  readonly dir: string;
  readonly log: Logger;
  /** Ends the background work. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch; the clock of tests. */
  readonly now?: () => number;
  /** How often the self-made certificate and the ticket keys are looked at: hourly. */
  readonly renewIntervalMs?: number;
  /** The host name and addresses of this machine; those of tests. */
  readonly machineNames?: () => readonly string[];
}

const HOUR_MS = 3_600_000;

/**
 * Opens the user's certificate, or makes one; then keeps looking for a change.
 * @throws {StartError} when there is none that could be used, naming the setting or the line that mends it.
 */
export async function openCertificates(options: CertificateOptions): Promise<CertificateStore> {
  const { https, dir, log, now = Date.now, renewIntervalMs = HOUR_MS } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const files = userFilesOf(https);
  const source =
    files === undefined
      ? await openSelfMade({
          https,
          dir,
          log,
          signal,
          now,
          intervalMs: renewIntervalMs,
          machineNames: options.machineNames ?? machineNames,
        })
      : await openUserFiles({ files, intervalMs: https.reloadIntervalMs, log, now });
  const tickets = await openTicketKeys({ dir, log, signal, now });
  const listeners: ((material: TlsMaterial) => void)[] = [];

  // One look at a time: each waits for the one before it.
  let last: Promise<void> = Promise.resolve();
  const inTurn = (look: () => Promise<boolean>): Promise<void> => {
    last = last.then(async () => {
      try {
        if (signal.aborted || !(await look())) return;
        for (const listener of listeners) listener(source.current());
      } catch (error) {
        if (!signal.aborted) log.error({ err: error }, "the look at the certificate failed");
      }
    });
    return last;
  };
  repeat(source.intervalMs, signal, () => inTurn(() => source.look(false)));
  repeat(renewIntervalMs, signal, () => inTurn(() => tickets.look()));

  return {
    current: () => source.current(),
    ticketKeys: () => tickets.current(),
    caPem: () => source.caPem(),
    status: () => statusOf(source, now()),
    onChange: (listener) => void listeners.push(listener),
    reload: () => inTurn(() => lookAtBoth(source, tickets)),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await last;
    },
  };
}

async function lookAtBoth(source: CertificateSource, tickets: TicketKeys): Promise<boolean> {
  const isNewCertificate = await source.look(true);
  const areNewKeys = await tickets.look();
  return isNewCertificate || areNewKeys;
}

function statusOf(source: CertificateSource, nowMs: number): CertificateStatus {
  const { certPem: _, keyPem: __, ...facts } = source.current();
  const trouble = dateTrouble(facts, nowMs);
  const untimely =
    trouble === undefined
      ? null
      : { ...trouble, remedy: "Replace the certificate by one that is valid now." };
  return { ...facts, renewsAt: source.renewsAt(), problem: source.problem() ?? untimely };
}

/** Calls `look` this long after its last end, until `signal` fires; never keeps the process alive. */
function repeat(intervalMs: number, signal: AbortSignal, look: () => Promise<void>): void {
  let timer: NodeJS.Timeout | undefined;
  const schedule = () => {
    if (signal.aborted) return;
    timer = setTimeout(() => void look().then(schedule), intervalMs).unref();
  };
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  schedule();
}
