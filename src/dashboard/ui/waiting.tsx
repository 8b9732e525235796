import { useEffect, useState } from "preact/hooks";

/** After so long one wonders whether it still goes on. */
const LONG_SECONDS = 4;

/** Says that an answer is awaited; after a while for how long, and what may keep it. */
export function Waiting({ whatKeepsIt }: { whatKeepsIt?: string | undefined }) {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const startedAt = performance.now();
    const timer = setInterval(() => setSeconds(Math.floor((performance.now() - startedAt) / 1_000)), 1_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <p class="dim waiting">
      {seconds < LONG_SECONDS ? "One moment…" : `Still waiting, for ${seconds} s. ${whatKeepsIt ?? ""}`}
    </p>
  );
}
