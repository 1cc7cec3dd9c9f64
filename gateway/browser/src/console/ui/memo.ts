import { Component, type ComponentChild } from "preact";

/** Drawn again only if a property differs: what stands still on a page of hundreds of shapes costs nothing. */
export function memo<P extends object>(draw: (props: P) => ComponentChild) {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      const names = new Set([...Object.keys(this.props), ...Object.keys(next)]);
      return [...names].some((name) => !Object.is(this.props[name as keyof P], next[name as keyof P]));
    }

    override render(): ComponentChild {
      return draw(this.props);
    }
  };
}
