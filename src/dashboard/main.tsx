import { render } from "preact";
import { App } from "./shell/app.tsx";
import { returnToPlace, untilSessionIsRead } from "./state/session.ts";
import { applyTheme } from "./state/theme.ts";

applyTheme();
returnToPlace();
void untilSessionIsRead();
const place = document.getElementById("dashboard");
if (place !== null) render(<App />, place);
