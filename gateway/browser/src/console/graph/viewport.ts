/** Which part of the graph is in view: moved with the pointer, the wheel and the keys. */

export interface View {
  x: number;
  y: number;
  scale: number;
}

export interface Size {
  width: number;
  height: number;
}

const SMALLEST = 0.04;
const LARGEST = 2.5;
const MARGIN = 24;

/** All of it, in the middle, and never larger than life. */
export function fit(graph: Size, screen: Size): View {
  const scale = clamp(
    Math.min((screen.width - 2 * MARGIN) / Math.max(1, graph.width), (screen.height - 2 * MARGIN) / Math.max(1, graph.height), 1),
  );
  return { scale, x: (screen.width - graph.width * scale) / 2, y: (screen.height - graph.height * scale) / 2 };
}

/** What is under the point stays under it. */
export function zoom(view: View, factor: number, point: { x: number; y: number }): View {
  const scale = clamp(view.scale * factor);
  const by = scale / view.scale;
  return { scale, x: point.x - (point.x - view.x) * by, y: point.y - (point.y - view.y) * by };
}

export function pan(view: View, dx: number, dy: number): View {
  return { ...view, x: view.x + dx, y: view.y + dy };
}

/** Whether a point of the graph is on the screen. */
export function visible(view: View, at: { x: number; y: number }, screen: Size): boolean {
  const [x, y] = [at.x * view.scale + view.x, at.y * view.scale + view.y];
  return x >= 0 && y >= 0 && x <= screen.width && y <= screen.height;
}

/** With the point of the graph in the middle of the screen, near enough to be read. */
export function centred(view: View, at: { x: number; y: number }, screen: Size): View {
  const scale = Math.max(view.scale, 0.8);
  return { scale, x: screen.width / 2 - at.x * scale, y: screen.height / 2 - at.y * scale };
}

function clamp(scale: number): number {
  return Math.min(LARGEST, Math.max(SMALLEST, scale));
}
