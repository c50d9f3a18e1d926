import { expect, test } from 'vitest';
import { toolsIn, withoutTools } from './index.ts';

const fn = (name: string) => ({ type: 'function', function: { name, parameters: {} } });
const named =
  (...names: string[]) =>
  (tool: { name: string }) =>
    names.includes(tool.name);

test('tools of chat and of responses are known by what the model calls them', () => {
  const params = {
    tools: [
      fn('look'),
      { type: 'custom', custom: { name: 'run' } },
      { type: 'function', name: 'flat' },
      { type: 'web_search' },
      { type: 'mcp', server_label: 'docs' },
      { type: 'namespace', name: 'crm', tools: [{ type: 'function', name: 'inner' }] },
      'odd',
    ],
    functions: [{ name: 'old' }],
    web_search_options: {},
  };
  expect(toolsIn(params).map(({ name, type, place }) => `${place} ${type} ${name}`)).toEqual([
    'tools.0 function look',
    'tools.1 custom run',
    'tools.2 function flat',
    'tools.3 web_search web_search',
    'tools.4 mcp docs',
    'tools.5 namespace crm',
    'tools.5.tools.0 function inner',
    'functions.0 function old',
    'web_search_options web_search web_search',
  ]);
  expect(toolsIn({ tools: 'none' })).toEqual([]);
});

test('a request without a tool keeps the others, and the choice where it is of one of them', () => {
  const params = { tools: [fn('a'), fn('b')], tool_choice: fn('a'), parallel_tool_calls: true, n: 1 };
  expect(withoutTools(params, named('x'))).toBe(params);
  expect(withoutTools(params, named('b'))).toEqual({ ...params, tools: [fn('a')] });
  expect(withoutTools(params, named('a'))).toEqual({ tools: [fn('b')], parallel_tool_calls: true, n: 1 });
});

test('a request without any tool has nothing left that is about them', () => {
  const params = {
    tools: [fn('a')],
    tool_choice: 'auto',
    parallel_tool_calls: true,
    max_tool_calls: 3,
    n: 1,
  };
  expect(withoutTools(params, () => true)).toEqual({ n: 1 });
  expect(
    withoutTools({ functions: [{ name: 'a' }], function_call: 'auto', web_search_options: {} }, () => true),
  ).toEqual({});
});

test('functions of the older kind, and those of a namespace, are taken out one by one', () => {
  const functions = [{ name: 'a' }, { name: 'b' }];
  expect(withoutTools({ functions, function_call: { name: 'a' } }, named('a'))).toEqual({
    functions: [{ name: 'b' }],
  });
  const tools = [
    {
      type: 'namespace',
      name: 'n',
      tools: [
        { type: 'function', name: 'a' },
        { type: 'function', name: 'b' },
      ],
    },
  ];
  expect(withoutTools({ tools }, named('a'))).toEqual({
    tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'function', name: 'b' }] }],
  });
  expect(withoutTools({ tools }, named('a', 'b'))).toEqual({});
});

test('a list of tools that are allowed loses those that are gone', () => {
  const tools = [fn('a'), fn('b')];
  const ofChat = (...names: string[]) => ({
    type: 'allowed_tools',
    allowed_tools: { mode: 'auto', tools: names.map(fn) },
  });
  expect(withoutTools({ tools, tool_choice: ofChat('a', 'b') }, named('a'))['tool_choice']).toEqual(
    ofChat('b'),
  );
  expect(withoutTools({ tools, tool_choice: ofChat('a') }, named('a'))).toEqual({ tools: [fn('b')] });
  const flat = (...names: string[]) => ({
    type: 'allowed_tools',
    mode: 'auto',
    tools: names.map((name) => ({ type: 'function', name })),
  });
  expect(withoutTools({ tools, tool_choice: flat('a', 'b') }, named('a'))['tool_choice']).toEqual(flat('b'));
});
