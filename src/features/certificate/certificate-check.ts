import type { CheckResult, HealthCheck } from "../feature.ts";
import type { CertificateFacts, CertificateFactsStore } from "./certificate-store.ts";

const DAY_MS = 86_400_000;
const WARN_DAYS = 14;

/** The health check of the certificate: fails when it can't be valid now, warns when it soon won't be or was not replaced. */
export function certificateCheck(store: CertificateFactsStore, now: () => number): HealthCheck {
  return {
    name: "certificate",
    // Clients that still take it must not lose the service over it.
    affectsReadiness: false,
    run: async () => check(store.status(), now()),
  };
}

function check(facts: CertificateFacts, nowMs: number): CheckResult {
  const { expiresAt, notBefore, problem, names } = facts;
  const leftMs = expiresAt.getTime() - nowMs;
  const days = Math.floor(leftMs / DAY_MS);
  const figures = {
    expiresInSeconds: Math.floor(leftMs / 1_000),
    expiresAt: expiresAt.toISOString(),
    names: names.join(", "),
  };
  if (leftMs <= 0) {
    const detail = `The certificate expired at ${expiresAt.toISOString()}: clients refuse it.`;
    return { status: "fail", detail, remedy: remedyFor(facts), figures };
  }
  if (notBefore.getTime() > nowMs) {
    const detail = `The certificate is not valid before ${notBefore.toISOString()}, by this machine's clock.`;
    return { status: "fail", detail, remedy: "Set the clock, or replace the certificate.", figures };
  }
  if (problem !== null) {
    const detail = `${problem.detail} The certificate in use is valid for ${days} more days.`;
    return { status: "warn", detail, remedy: problem.remedy, figures };
  }
  if (leftMs < warnBelowMs(facts)) {
    const detail = `The certificate expires in ${days} days, at ${expiresAt.toISOString()}.`;
    return { status: "warn", detail, remedy: remedyFor(facts), figures };
  }
  return { status: "pass", detail: `The certificate is valid for ${days} more days.`, figures };
}

/** A certificate that lives for six days is no reason to warn for six days: a third of a life is enough. */
function warnBelowMs({ notBefore, expiresAt }: CertificateFacts): number {
  return Math.min(WARN_DAYS * DAY_MS, (expiresAt.getTime() - notBefore.getTime()) / 3);
}

function remedyFor({ source, problem }: CertificateFacts): string {
  if (source === "files") {
    return "Replace the files of https.certFile and https.keyFile (or https.certFolder): they are picked up at once.";
  }
  return (
    problem?.remedy ?? "Send the sidecar SIGHUP, and read its log: it should have been renewed by itself."
  );
}
