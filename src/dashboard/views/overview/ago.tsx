import { useEffect, useState } from "preact/hooks";
import { serverNow } from "../../api/server-clock.ts";
import { span } from "../../ui/format.ts";

/** How long ago a moment was, by the sidecar's clock: it goes on. */
export function Ago({ moment }: { moment: string | Date }) {
  const [now, setNow] = useState(serverNow());
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return <>{span(Math.max(0, now - new Date(moment).getTime()))}</>;
}
