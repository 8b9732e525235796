import { useLayoutEffect, useRef } from "preact/hooks";
import type { Answers } from "../api/api-types.ts";
import { useAnswer } from "../api/use-answer.ts";
import { linkTo, place } from "../state/place.ts";
import { isOperator } from "../state/session.ts";
import { VIEWS, type ViewEntry } from "./views.ts";

/** An app may be started, or started anew, at any time. */
const LOOK_AGAIN_MS = 30_000;

/** The ways to the views that there are in this deployment, for whoever is signed in. */
export function Navigation() {
  const { value: index } = useAnswer("GET /", { everyMs: LOOK_AGAIN_MS });
  const hasJvmFeature = index?.links["jvm"] !== undefined;
  const { value: jvms } = useAnswer("GET /jvm", { everyMs: LOOK_AGAIN_MS, if: hasJvmFeature });
  const here = place().view;
  const offered = VIEWS.filter(
    (view) => isOffered(view, index) && (view.name !== "jvm" || here === "jvm" || jvms?.jvms.length !== 0),
  );
  const nav = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (nav.current !== null) showCurrent(nav.current);
  }, [here, offered.length]);
  return (
    <nav aria-label="Views" class="views" ref={nav}>
      <ul>
        {offered.map(({ name, title }) => (
          <li key={name}>
            <a href={linkTo([name])} aria-current={name === here ? "page" : undefined}>
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** On a phone the links scroll sideways. */
function showCurrent(nav: HTMLElement): void {
  const link = nav.querySelector("[aria-current]")?.getBoundingClientRect();
  const seen = nav.getBoundingClientRect();
  if (link !== undefined) nav.scrollLeft += link.left - seen.left - (seen.width - link.width) / 2;
}

/** Before the index is known, whatever one may see is offered: the navigation does not jump. */
function isOffered(
  { feature, isForOperators = false }: ViewEntry,
  index: Answers["GET /"] | undefined,
): boolean {
  if (isForOperators && !isOperator()) return false;
  return feature === undefined || index === undefined || index.links[feature] !== undefined;
}
