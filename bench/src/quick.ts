import OpenAI from 'openai';
import { interpose } from '@interpose/openai';
import type { Interceptor } from '@interpose/core';
const answer = JSON.stringify({id:'chatcmpl-1',object:'chat.completion',created:1,model:'gpt-4o-mini',choices:[{index:0,message:{role:'assistant',content:'x'.repeat(300),refusal:null},finish_reason:'stop',logprobs:null}],usage:{prompt_tokens:10,completion_tokens:20,total_tokens:30}});
const chunks = Array.from({length:200},(_,i)=>Buffer.from(`data: ${JSON.stringify({id:'chatcmpl-1',object:'chat.completion.chunk',created:1,model:'gpt-4o-mini',system_fingerprint:'fp_1',choices:[{index:0,delta:{content:'token'+i+' '},logprobs:null,finish_reason:null}]})}\n\n`));
chunks.push(Buffer.from(`data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n`),Buffer.from('data: [DONE]\n\n'));
const f = async (_u: unknown, init: any) => {
  if (init.body.includes('"stream":true')) { let i=0; return new Response(new ReadableStream({pull(c){ if(i<chunks.length) c.enqueue(chunks[i++]!); else c.close(); }}),{headers:{'content-type':'text/event-stream'}}); }
  return new Response(answer,{headers:{'content-type':'application/json','x-request-id':'req_1'}});
};
const noop: () => Interceptor = () => (next) => async function noop(call) { return next(call); };
const mk=()=>new OpenAI({apiKey:'k',baseURL:'http://x/v1',fetch:f as never});
const A=mk();
const stacks: Record<string, ReturnType<typeof mk>> = { n1: interpose(mk(),[noop()]), n7: interpose(mk(),Array.from({length:7},noop)), n7plain: interpose(mk(),Array.from({length:7},noop),{path:'plain'}), outcome: interpose(mk(),[(next)=>async(call)=>{const r=await next(call); void r.outcome.then(()=>{}); return r;}]), commit: interpose(mk(),[(next)=>async(call)=>{const r=await next(call); await r.commit(); return r;}]), params: interpose(mk(),[(next)=>async(call)=>{ if (!call.model) throw 1; return next(call);}]) };
const body={model:'gpt-4o-mini',messages:[{role:'user' as const,content:'x'.repeat(1000)}]};
const plain=async(c: OpenAI)=>{ await c.chat.completions.create(body); };
const stream=async(c: OpenAI)=>{ let n=0; for await (const e of await c.chat.completions.create({...body,stream:true})) n++; if(n!==201) throw new Error('n '+n); };
const med=(a: number[])=>a.sort((x,y)=>x-y)[a.length>>1]!;
async function pair(n: string,run:(c:OpenAI)=>Promise<void>,a:OpenAI,b:OpenAI,per:number,rounds:number){ const rs:[number,number][]=[]; for(let i=0;i<rounds;i++){ let t=process.hrtime.bigint(); for(let k=0;k<per;k++) await run(a); let t1=process.hrtime.bigint(); for(let k=0;k<per;k++) await run(b); let t2=process.hrtime.bigint(); rs.push([Number(t2-t1)/Number(t1-t),Number(t1-t)/per/1e3]); } const h=rs.slice(rounds>>2); console.log(n.padEnd(18), med(h.map(r=>r[0])).toFixed(3),'base us',med(h.map(r=>r[1])).toFixed(1)); }
for (const [n,c] of Object.entries(stacks)) { if (process.argv[2] && !process.argv[2].split(',').includes(n)) continue; await pair('plain '+n,plain,A,c,50,400); await pair('stream '+n,stream,A,c,5,200); }
