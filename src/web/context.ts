import type { ParameterizedContext } from "koa";
import type { AppError } from "../base/errors.ts";
import type { BodyPace } from "./body-watch.ts";

/** What a credential may do: a viewer reads, an operator changes. */
export type Role = "viewer" | "operator";

/** Who asks, and by which kind of credential. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
  readonly via: "bearer" | "basic" | "session" | "certificate" | "none";
}

/** What the middleware leaves on a request for the routes. */
export interface RequestState {
  requestId: string;
  /** How slowly its body may come. */
  bodyPace: BodyPace;
  principal: Principal | null;
  /** Why the credential that was sent is not accepted; open routes don't mind it. */
  refusal?: AppError;
}

/** The Koa context of this project. */
export type WebContext = ParameterizedContext<RequestState>;
