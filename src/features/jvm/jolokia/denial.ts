import type { Principal, WebContext } from "../../../web/context.ts";
import type { Jvm } from "../jvm-finder.ts";
import { allowRemedy, type Member } from "../mbeans/allow-list.ts";
import type { MBeanParts } from "../mbeans/mbean-routes.ts";
import { refOf } from "../talk-routes.ts";
import { allowsTouch, touchSetting } from "../touch.ts";
import type { ExecRequest, JolokiaRequest, WriteRequest } from "./jolokia-request.ts";

/** Decides what a client of Jolokia may do, and writes down what changes something; gives why it may not. */
export function createDenial(
  ctx: WebContext,
  { touch, allow, log }: MBeanParts,
  jvm: Jvm,
  principal: Principal,
): (request: JolokiaRequest) => string | undefined {
  return (request) => {
    if (request.type === "notification" && request.asked.command === "register")
      return linkDenial(ctx, principal);
    if (request.type !== "write" && request.type !== "exec") return undefined;
    const { mbean } = request;
    const member = memberOf(request);
    if (principal.role !== "operator") return `${principal.name} is a viewer; this needs an operator`;
    const linked = linkDenial(ctx, principal);
    if (linked !== undefined) return linked;
    if (!allowsTouch(touch, "modify")) return `The settings allow ${touch}: ${touchSetting("modify")}`;
    if (!allow.allows(mbean, member)) return `The settings do not allow it: ${allowRemedy(mbean, member)}`;
    log.info(
      {
        ...{ audit: `jvm.jolokia-${request.type}`, user: principal.name, ...refOf(jvm), mbean },
        ...{ member: member.name, requestId: ctx.state.requestId },
      },
      "an MBean is changed, or called",
    );
    return undefined;
  };
}

function linkDenial(ctx: WebContext, principal: Principal): string | undefined {
  if (ctx.method !== "GET" || isOwnRequest(ctx, principal)) return undefined;
  return "by GET only with Authorization: Bearer, since a link of another site could do it else; use POST";
}

function memberOf(request: WriteRequest | ExecRequest): Member {
  if (request.type === "write") return { kind: "attributes", name: request.attribute };
  const [name = request.operation] = request.operation.split("(", 1);
  return { kind: "operations", name };
}

/** A browser sends Basic, sessions and certificates by itself, also for a link that another site has. */
function isOwnRequest(ctx: WebContext, { via }: Principal): boolean {
  return via === "bearer" || ctx.get("Sec-Fetch-Site") === "same-origin";
}
