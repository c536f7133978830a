/** How much of a value goes into a log. */
const bounds = { text: 200, items: 20, depth: 6, characters: 1_000 };

/** Returns a value as bounded JSON for a log: what is cut off is counted, and bytes, streams and functions are named. */
export function loggable(value: unknown): string {
  const budget = { left: bounds.characters };
  return JSON.stringify(value === undefined ? null : bounded(value, budget, 0));
}

function bounded(value: unknown, budget: { left: number }, depth: number): unknown {
  budget.left -= 2;
  switch (typeof value) {
    case 'string': {
      const most = Math.max(0, Math.min(bounds.text, budget.left));
      budget.left -= Math.min(value.length, most);
      return value.length <= most
        ? value
        : `${value.slice(0, most)}… (${String(value.length - most)} characters more)`;
    }
    case 'number':
    case 'boolean':
    case 'undefined':
      budget.left -= 6;
      return value;
    case 'function':
      return '(a function)';
    case 'object':
      break;
    default:
      return String(value).slice(0, bounds.text);
  }
  if (value === null) {
    return null;
  }
  if (value instanceof Uint8Array) {
    return `(${String(value.length)} bytes)`;
  }
  if (Array.isArray(value)) {
    return boundedList(value, budget, depth);
  }
  return Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null
    ? boundedFields(value as Record<string, unknown>, budget, depth)
    : nameOf(value);
}

function boundedList(list: readonly unknown[], budget: { left: number }, depth: number): unknown {
  const items: unknown[] = [];
  for (const item of list) {
    if (items.length === bounds.items || budget.left <= 0 || depth === bounds.depth) {
      items.push(`… (${String(list.length - items.length)} items more)`);
      break;
    }
    items.push(bounded(item, budget, depth + 1));
  }
  return items;
}

function boundedFields(fields: Record<string, unknown>, budget: { left: number }, depth: number): unknown {
  const shown: Record<string, unknown> = {};
  let count = 0;
  for (const key of Object.keys(fields)) {
    if (count === bounds.items || budget.left <= 0 || depth === bounds.depth) {
      shown['…'] = `${String(Object.keys(fields).length - count)} keys more`;
      break;
    }
    count++;
    budget.left -= key.length + 3;
    Object.defineProperty(shown, key.slice(0, bounds.text), {
      value: bounded(fields[key], budget, depth + 1),
      enumerable: true,
    });
  }
  return shown;
}

function nameOf(value: object): string {
  return Symbol.asyncIterator in value || 'typed' in value ? '(a stream)' : '(an object)';
}
