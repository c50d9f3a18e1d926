import { describe, expect, test } from 'vitest';
import {
  ask,
  chatBody,
  done,
  finish,
  json,
  layerOver,
  piece,
  source,
  told,
  usage,
} from './core.test-support.ts';
import { usageWanted, type Fetch, type Interceptor, type TextTransform } from './index.ts';

/** Wants usage of every call, and says what it learnt. */
function wanting(log: string[], rewrite = false): Interceptor {
  return (next) => async (call) => {
    const reply = await next(call.with({ context: [[usageWanted, true]] }));
    void reply.outcome.then((outcome) => log.push(told(outcome)));
    const same = (): TextTransform => ({ push: (text) => text, end: () => '' });
    return rewrite ? reply.mapText(same) : reply;
  };
}

interface Seen {
  readonly sent: string;
  readonly got: string;
  readonly outcome: string;
}

/** One call of which usage is wanted: what was sent, what the caller got, what became of it. */
async function seen(
  params: object,
  chunks: (string | Uint8Array)[],
  options: { rewrite?: boolean; path?: string } = {},
): Promise<Seen> {
  const log: string[] = [];
  let sent = '';
  const transport: Fetch = async (_input, init) => {
    sent = String(init?.body);
    return chunks.length > 0 ? source(chunks).response : json(chatBody('a'));
  };
  const layer = layerOver(transport, [wanting(log, options.rewrite)]);
  const response = await (options.path
    ? layer.fetch(options.path, { method: 'POST', body: JSON.stringify(params) })
    : ask(layer, {}, params));
  const got = await response.text();
  await Promise.resolve();
  return { sent, got, outcome: log.join() };
}

const BODY = '"messages":[{"role":"user","content":"hi"}],"stream":true';
const REPORTED = 'completed [stop] 3+2 reported, 1 characters';

describe('the usage of a stream', () => {
  test('is asked for, counted, and taken out again', async () => {
    expect(await seen({ stream: true }, [piece('a'), finish(), usage, done])).toEqual({
      sent: `{"model":"m",${BODY},"stream_options":{"include_usage":true}}`,
      got: piece('a') + finish() + done,
      outcome: REPORTED,
    });
  });

  test('is asked for beside what the caller asks of the stream, and against its will', async () => {
    const options = { include_obfuscation: false, include_usage: false };
    const { sent, got } = await seen({ stream: true, stream_options: options }, [piece('a'), usage, done]);
    expect(sent).toBe(
      `{"model":"m",${BODY},"stream_options":{"include_obfuscation":false,"include_usage":true}}`,
    );
    expect(got).toBe(piece('a') + done);
  });

  test('is the caller’s where the caller asks for it', async () => {
    const params = { stream: true, stream_options: { include_usage: true } };
    expect(await seen(params, [piece('a'), finish(), usage, done])).toEqual({
      sent: `{"model":"m",${BODY},"stream_options":{"include_usage":true}}`,
      got: piece('a') + finish() + usage + done,
      outcome: REPORTED,
    });
  });

  test('is not asked for where a reply tells it anyway', async () => {
    expect((await seen({}, [])).sent).not.toContain('stream_options');
    const path = 'https://api.example/v1/responses';
    expect((await seen({ model: 'm', stream: true }, [done], { path })).sent).toBe(
      '{"model":"m","stream":true}',
    );
  });

  test('of legacy completions is asked for as well', async () => {
    const path = 'https://api.example/v1/completions';
    const { sent, got } = await seen({ model: 'm', stream: true }, [usage, done], { path });
    expect([sent, got]).toEqual([
      '{"model":"m","stream":true,"stream_options":{"include_usage":true}}',
      done,
    ]);
  });

  test('stays where it is no chunk of its own', async () => {
    const own = piece('a').replace('}]}', '}],"usage":{"prompt_tokens":3,"completion_tokens":2}}');
    expect((await seen({ stream: true }, [own, finish(), done])).got).toBe(own + finish() + done);
  });

  test.each([false, true])('goes wherever the network cuts it (rewritten: %s)', async (rewrite) => {
    const wire = new TextEncoder().encode(piece('ä') + finish() + usage + done);
    for (let cut = 1; cut < wire.length; cut++) {
      const { got, outcome } = await seen({ stream: true }, [wire.subarray(0, cut), wire.subarray(cut)], {
        rewrite,
      });
      expect([got, outcome]).toEqual([piece('ä') + finish() + done, REPORTED]);
    }
  });

  test('does not keep comments from passing at once, nor a broken end', async () => {
    const { got } = await seen({ stream: true }, [
      ': one\n\n',
      `: two\n\n${piece('a')}: three\n`,
      '\n',
      `${usage}: four\n\n`,
      'data: {"cut',
    ]);
    expect(got).toBe(`: one\n\n: two\n\n${piece('a')}: three\n\n: four\n\ndata: {"cut\n\n`);
  });
});

test('what was only added to a body does not write the rest of it anew', async () => {
  let sent: string | undefined;
  const layer = layerOver(
    async (_input, init) => {
      sent = String(init?.body);
      return source([done]).response;
    },
    [wanting([])],
  );
  const body = '{ "model": "m", "n": 1.0, "big": 12345678901234567890, "stream": true }\n';
  await (await layer.fetch('https://api.example/v1/chat/completions', { method: 'POST', body })).text();
  expect(sent).toBe(
    '{ "model": "m", "n": 1.0, "big": 12345678901234567890, "stream": true ,"stream_options":{"include_usage":true}}',
  );
});
