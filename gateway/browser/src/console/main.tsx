import { render } from "preact";
import { App } from "./app.js";
import { keptTheme, setTheme } from "./theme.js";

setTheme(keptTheme());
render(<App />, document.getElementById("app")!);
