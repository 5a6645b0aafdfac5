/** The element of the page with this id. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new Error(`the page lacks #${id}`)
  return found
}

/** An element with children; texts are only ever text, whoever wrote them. */
export function make(tag: string, className: string, ...children: readonly (Node | string)[]): HTMLElement {
  const element = document.createElement(tag)
  if (className !== '') element.className = className
  element.append(...children)
  return element
}

/** Names and texts as a list of definitions. */
export function definitions(rows: readonly (readonly [string, Node | string])[]): HTMLElement {
  return make('dl', '', ...definitionRows(rows))
}

export function definitionRows(rows: readonly (readonly [string, Node | string])[]): readonly Node[] {
  return rows.flatMap(([name, value]) => [make('dt', '', name), make('dd', '', value)])
}
