import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import { gauge } from "../../web/metrics/metric-family.ts";
import type { RouteTable } from "../../web/routes.ts";
import { capabilityOf, type Feature } from "../feature.ts";
import { certificateCheck } from "./certificate-check.ts";
import type { CertificateFactsStore } from "./certificate-store.ts";

const time = z.iso.datetime();

const answer = z.object({
  source: z.enum(["self-made", "files"]),
  subject: z.string(),
  issuer: z.string(),
  names: z.array(z.string()).readonly(),
  notBefore: time,
  expiresAt: time,
  fingerprint256: z.string(),
  renewsAt: time.nullable(),
  problem: z.object({ detail: z.string(), remedy: z.string(), since: time }).nullable(),
});

/** Makes the feature `certificate`: what this sidecar shows its clients, and the CA they may trust. */
export function createCertificate(store: CertificateFactsStore, now: () => number = Date.now): Feature {
  return {
    name: "certificate",
    health: [certificateCheck(store, now)],
    metrics: () => [
      gauge(
        "tickbird_certificate_not_after_timestamp_seconds",
        "When the certificate in use expires, since the epoch.",
        store.status().expiresAt.getTime() / 1_000,
      ),
    ],
    routes(table) {
      addFacts(table, store);
      addCa(table, store);
    },
    async capability() {
      const { problem } = store.status();
      const part = { name: "certificate", works: store.status().expiresAt.getTime() > now() };
      return capabilityOf([
        problem === null ? part : { ...part, reason: problem.detail, remedy: problem.remedy },
      ]);
    },
  };
}

function addFacts(table: RouteTable, store: CertificateFactsStore): void {
  table.add(
    "GET",
    "/certificate",
    {
      summary: "The certificate in use",
      description: "`problem` says why it was not replaced, or why clients refuse it; null when all is well.",
      role: "viewer",
      responses: { 200: { description: "Its public facts", content: { "application/json": answer } } },
    },
    ({ ctx }) => {
      const { notBefore, expiresAt, renewsAt, problem, ...facts } = store.status();
      ctx.body = {
        ...facts,
        notBefore: notBefore.toISOString(),
        expiresAt: expiresAt.toISOString(),
        renewsAt: renewsAt?.toISOString() ?? null,
        problem: problem === null ? null : { ...problem, since: problem.since.toISOString() },
      } satisfies z.input<typeof answer>;
    },
  );
}

function addCa(table: RouteTable, store: CertificateFactsStore): void {
  table.add(
    "GET",
    "/certificate/ca",
    {
      summary: "The local CA, to be trusted once",
      description: "Only where the certificate is self-made.",
      role: "viewer",
      responses: {
        200: { description: "The CA's certificate (PEM)", content: { "application/x-pem-file": null } },
        404: { description: "The certificate was given by the user" },
      },
    },
    ({ ctx }) => {
      const pem = store.caPem();
      if (pem === null) {
        throw new AppError("not-found", "The certificate in use is not self-made, so there is no local CA.", {
          remedy: "Trust the CA that issued it: GET /certificate names it as `issuer`.",
        });
      }
      ctx.set("Content-Disposition", 'attachment; filename="tickbird-ca.crt"');
      ctx.type = "application/x-pem-file";
      ctx.body = pem;
    },
  );
}
