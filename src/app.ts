import Koa from "koa";
import type { EventLoopDelay } from "./base/event-loop-delay.ts";
import { createCapabilities } from "./features/capabilities/capabilities.ts";
import { createCertificate } from "./features/certificate/certificate.ts";
import { createConfig } from "./features/config/config.ts";
import { createDashboard } from "./features/dashboard/dashboard.ts";
import { createDiagnostics } from "./features/diagnostics/diagnostics.ts";
import { ownDiagnostics } from "./features/diagnostics/own-parts.ts";
import type { Feature } from "./features/feature.ts";
import { coreHttpCheck } from "./features/health/core-http-check.ts";
import { coreTcpCheck } from "./features/health/core-tcp-check.ts";
import { diskCheck } from "./features/health/disk-check.ts";
import { eventLoopCheck } from "./features/health/event-loop-check.ts";
import { createHealth } from "./features/health/health.ts";
import { createHome } from "./features/home/home.ts";
import { createJvm } from "./features/jvm/jvm.ts";
import { createLogs } from "./features/logs/logs.ts";
import { createMetrics } from "./features/metrics/metrics.ts";
import { createProcesses } from "./features/processes/processes.ts";
import { createResources } from "./features/resources/resources.ts";
import { createRuntime } from "./features/runtime/runtime.ts";
import { createSession } from "./features/session/session.ts";
import { createStrace } from "./features/strace/strace.ts";
import { createTraffic } from "./features/traffic/traffic.ts";
import type { CoreProcessFinder } from "./linux/core-process.ts";
import type { Settings } from "./settings/schema.ts";
import { VERSION } from "./version.ts";
import { answerProblems } from "./web/answer-problems.ts";
import { type AuthenticationOptions, authenticate } from "./web/authenticate.ts";
import type { RequestState } from "./web/context.ts";
import { checkHost } from "./web/hosts.ts";
import type { ServerAnswer, ServerRequest } from "./web/http-types.ts";
import type { Logger } from "./web/log.ts";
import { requestInfo } from "./web/request-info.ts";
import { type DefinedRoute, RouteTable } from "./web/routes.ts";
import type { Sessions } from "./web/sessions.ts";
import type { TrafficSource } from "./web/traffic/traffic.ts";

/** What the app is made of. */
export interface AppParts {
  readonly settings: Settings;
  readonly log: Logger;
  readonly features: readonly Feature[];
  readonly authentication: AuthenticationOptions;
  /** The host names that are ours at this moment. */
  readonly hostNames: () => Iterable<string>;
  /** Whether clients should open another connection next time. */
  readonly isClosing: () => boolean;
}

/** Answers the requests under the prefix. */
export type AppHandler = (request: ServerRequest, answer: ServerAnswer) => void;

/** Makes the Koa app of everything under the prefix: the middleware in order, then the routes of the features. */
export function createApp({
  settings,
  log,
  features,
  authentication,
  hostNames,
  isClosing,
}: AppParts): AppHandler {
  const table = tableOf(features, settings.prefix);
  // Without the size, which is for the bodies that the app gets: each route of ours has its own.
  const { bodyIdleMs, bodyMinBytesPerSecond } = settings.limits;
  const bodyPace = { bodyIdleMs, bodyMinBytesPerSecond };
  const app = new Koa<RequestState>();
  app.on("error", (error: unknown) => log.debug({ err: error }, "the answer could not be sent"));
  app.use(async (ctx, next) => {
    ctx.state.requestId = requestInfo(ctx.req).id;
    ctx.state.bodyPace = bodyPace;
    ctx.set("X-Request-Id", ctx.state.requestId);
    ctx.set("X-Content-Type-Options", "nosniff");
    ctx.set("Cross-Origin-Resource-Policy", "same-origin");
    ctx.set("Cache-Control", "no-store");
    await next();
    if (isClosing() && ctx.req.httpVersionMajor === 1) ctx.set("Connection", "close");
  });
  app.use(answerProblems(log));
  app.use(checkHost(hostNames, [`${settings.prefix}/livez`, `${settings.prefix}/readyz`]));
  app.use(authenticate(authentication));
  app.use(table.middleware());
  app.use(table.allowedMethods());
  const handle = app.callback();
  return (request, answer) => {
    // Koa answers every failure itself; its promise never rejects.
    void handle(request, answer);
  };
}

/** The routes of these features, in their order. */
export function tableOf(features: readonly Feature[], prefix: string): RouteTable {
  const table = new RouteTable(prefix);
  for (const feature of features) {
    table.beginFeature(feature.name);
    feature.routes(table);
  }
  return table;
}

/** What the features are made from. */
export interface FeatureParts {
  readonly settings: Settings;
  readonly log: Logger;
  readonly certificates: Parameters<typeof createCertificate>[0];
  readonly coreProcess: CoreProcessFinder;
  readonly sessions: Sessions;
  readonly isDraining: () => boolean;
  /** How late the event loops of the processes beside this one are. */
  readonly otherDelays?: () => Promise<readonly EventLoopDelay[]>;
  /** What is forwarded, once there is a front; gives undefined where the settings switch the counting off. */
  readonly traffic: () => Promise<TrafficSource | undefined>;
}

/** Makes the features that are switched on. This is the list of everything the sidecar adds to the core. */
export function createFeatures(parts: FeatureParts): readonly Feature[] {
  const { settings, log, certificates, coreProcess, sessions, isDraining } = parts;
  const certificate = createCertificate(certificates);
  const logs = settings.logs.enabled
    ? createLogs(settings.logs, { coreProcess, log, stateDir: settings.certs.dir })
    : undefined;
  const checks = [
    coreTcpCheck(settings.core.url),
    coreHttpCheck(settings.core.url, settings.health),
    ...(certificate.health ?? []),
    diskCheck(settings.certs.dir, settings.health.minDiskFreePercent),
    eventLoopCheck(settings.health.eventLoopDelayMs, parts.otherDelays),
    ...(logs?.health ?? []),
  ];
  const dashboard = settings.dashboard.enabled ? createDashboard() : undefined;
  const switchable = [
    { setting: "dashboard", make: () => dashboard },
    { setting: "health", make: () => createHealth(settings.health, { checks, isDraining, log }) },
    { setting: "traffic", make: () => createTraffic(() => counted(parts.traffic), { log }) },
    { setting: "metrics", make: () => createMetrics(() => features, { version: VERSION, log }) },
    { setting: "processes", make: () => createProcesses(settings.processes, { coreProcess, log }) },
    { setting: "resources", make: () => createResources(settings.resources, { coreProcess, log }) },
    { setting: "runtime", make: () => createRuntime({ coreProcess }) },
    {
      setting: "jvm",
      make: () => createJvm(settings.jvm, { coreProcess, coreUrl: settings.core.url, version: VERSION, log }),
    },
    { setting: "strace", make: () => createStrace(settings, { coreProcess, log, traffic: parts.traffic }) },
    {
      setting: "config",
      make: () =>
        createConfig(settings.config, {
          ...{ coreProcess, coreUrl: settings.core.url, log, prefix: settings.prefix },
          stateDir: settings.certs.dir,
        }),
    },
    { setting: "logs", make: () => logs },
  ] as const;
  const disabled = switchable.filter(({ setting }) => !settings[setting].enabled);
  const enabled: Feature[] = switchable
    .filter((entry) => !disabled.includes(entry))
    .flatMap(({ make }) => make() ?? []);
  let routes: readonly DefinedRoute[] | undefined;
  const features: Feature[] = [
    createHome({
      table: () => {
        routes ??= tableOf(features, settings.prefix).routes;
        return routes;
      },
      version: VERSION,
      coreUrl: settings.core.url,
      prefix: settings.prefix,
      dashboard,
    }),
    createSession({ sessions, prefix: settings.prefix }),
    ...enabled,
    certificate,
    createCapabilities(
      () => features,
      disabled.map(({ setting }) => ({
        name: setting,
        setting: `SIDECAR_${setting.toUpperCase()}_ENABLED=true`,
      })),
      { log },
    ),
    createDiagnostics({ features: () => features, own: ownDiagnostics(settings, VERSION), log }),
  ];
  return features;
}

/** For the feature that is there only where the traffic is counted. */
async function counted(find: FeatureParts["traffic"]): Promise<TrafficSource> {
  const source = await find();
  if (source === undefined) throw new Error("the traffic is not counted");
  return source;
}
