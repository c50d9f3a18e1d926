import type OpenAI from 'openai';

type Message = OpenAI.ChatCompletionMessageParam;

const CITIES = ['Hamburg', 'Lisbon', 'Oslo', 'Vienna', 'Turin', 'Ghent'];

/** What a tool of the shop gives back: far more than anybody needs later on. */
function record(order: number, city: string): string {
  const scans = Array.from({ length: 12 }, (_, hour) => ({
    at: `${hour}:00`,
    where: city,
    state: 'in transit',
  }));
  return JSON.stringify({ order, city, scans });
}

/** A long talk of a customer with a shop, in which a tool was asked again and again, and the customer's last question. */
export function longTalk(question: string): Message[] {
  const history = CITIES.flatMap((city, index): Message[] => {
    const order = 1001 + index;
    const id = `call_${order}`;
    return [
      { role: 'user', content: `Where is my order ${order}?` },
      {
        role: 'assistant',
        tool_calls: [{ id, type: 'function', function: { name: 'track', arguments: `{"order":${order}}` } }],
      },
      { role: 'tool', tool_call_id: id, content: record(order, city) },
      {
        role: 'assistant',
        content: `Order ${order} is in ${city}. It will be with you on day ${index + 2}.`,
      },
    ];
  });
  return [
    { role: 'system', content: 'You help customers of a shop.' },
    ...history,
    { role: 'user', content: question },
  ];
}
