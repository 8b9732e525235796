import "./config.css";
import type { ViewProps } from "../view.ts";
import { FileList } from "./file-list.tsx";
import { FilePage } from "./file-page.tsx";

/** The app's configuration files: all of them, or one. */
export function Config({ place }: ViewProps) {
  const [name] = place.path;
  return name === undefined ? <FileList /> : <FilePage key={name} name={name} place={place} />;
}
