import Router from "@koa/router";
import { z } from "zod";
import { AppError, type InputError } from "../base/errors.ts";
import type { Principal, RequestState, Role, WebContext } from "./context.ts";

/** What one answer of a route looks like, for the OpenAPI document. */
export interface RouteResponse {
  readonly description: string;
  /** By media type: its schema, or null where it is not JSON. */
  readonly content?: Readonly<Record<string, z.ZodType | null>>;
}

/** The description of a route: what is checked before the handler runs, and what the OpenAPI document says. */
export interface RouteDescription<P extends z.ZodObject, Q extends z.ZodObject> {
  readonly summary: string;
  readonly description?: string;
  /** Who may call it. `open` needs no credential. */
  readonly role: Role | "open";
  readonly params?: P;
  readonly query?: Q;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, z.ZodType | null>>;
  readonly responses: Readonly<Record<number, RouteResponse>>;
}

/** What a handler gets: Koa's context and the checked parameters. */
export interface RouteCall<P, Q> {
  readonly ctx: WebContext;
  readonly params: P;
  readonly query: Q;
  readonly principal: Principal;
}

/** Answers a request by setting `ctx.body`, or throws an `AppError`. */
export type RouteHandler<P, Q> = (call: RouteCall<P, Q>) => Promise<void> | void;

/** The methods that this API uses. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A route as it was defined, for the OpenAPI document and the index. */
export interface DefinedRoute {
  readonly method: Method;
  /** Below the prefix, with `{name}` parameters. */
  readonly path: string;
  readonly feature: string;
  readonly description: RouteDescription<z.ZodObject, z.ZodObject>;
}

const NOTHING = z.object({});
const ANONYMOUS: Principal = { name: "anonymous", role: "viewer", via: "none" };

/**
 * The routes of the sidecar: each is registered with `@koa/router` and kept as a definition, so that the router,
 * the checks and the OpenAPI document can never disagree.
 */
export class RouteTable {
  readonly #router: Router<WebContext["state"]>;
  readonly #prefix: string;
  readonly #routes: DefinedRoute[] = [];
  #feature = "";

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.#router = new Router({ sensitive: true, strict: true });
  }

  /** All routes, in the order they were defined. */
  get routes(): readonly DefinedRoute[] {
    return this.#routes;
  }

  /** The middleware that answers them. */
  middleware() {
    return this.#router.routes();
  }

  /** The middleware that answers 405 with an Allow header where a path exists and the method does not. */
  allowedMethods() {
    return this.#router.allowedMethods();
  }

  /** Names the feature that the following routes belong to. */
  beginFeature(name: string): void {
    this.#feature = name;
  }

  /** Defines a route. `path` is below the prefix, with parameters as `{pid}`; `{path*}` at its end is all that follows, slashes too, or nothing. */
  add<P extends z.ZodObject = typeof NOTHING, Q extends z.ZodObject = typeof NOTHING>(
    method: Method,
    path: string,
    description: RouteDescription<P, Q>,
    handler: RouteHandler<z.output<P>, z.output<Q>>,
  ): void {
    this.#routes.push({ method, path: path.replace("*}", "}"), feature: this.#feature, description });
    const pattern = this.#prefix + path.replace(/\{(\w+)\}/g, ":$1").replace(/\{(\w+)\*\}$/, "{*$1}");
    this.#router.register(pattern, [method.toLowerCase()], async (ctx) => {
      const principal = requireRole(ctx.state, description.role);
      const params = check(description.params ?? NOTHING, ctx["params"], "path") as z.output<P>;
      const query = check(description.query ?? NOTHING, ctx.query, "query") as z.output<Q>;
      await handler({ ctx, params, query, principal });
    });
  }
}

function requireRole({ principal, refusal }: RequestState, role: Role | "open"): Principal {
  if (role === "open") return principal ?? ANONYMOUS;
  if (principal === null) {
    throw (
      refusal ??
      new AppError("unauthenticated", "This needs a credential.", { remedy: "Authorization: Bearer <token>" })
    );
  }
  if (role === "operator" && principal.role !== "operator") {
    throw new AppError("role-required", `${principal.name} is a viewer; this needs an operator.`, {
      remedy: "Use a token with `role: operator`.",
    });
  }
  return principal;
}

function check(schema: z.ZodObject, values: unknown, place: "path" | "query"): Record<string, unknown> {
  const parsed = schema.strict().safeParse(values);
  if (parsed.success) return parsed.data;
  const errors: InputError[] = parsed.error.issues.map((issue) => ({
    pointer: `${place}:${issue.code === "unrecognized_keys" ? issue.keys.join(",") : issue.path.join(".")}`,
    detail: issue.message,
  }));
  const detail = errors
    .map((error) => `${error.pointer.replace(":", " parameter ")}: ${error.detail}`)
    .join("; ");
  throw new AppError("invalid-parameter", `${detail}.`, { errors });
}
