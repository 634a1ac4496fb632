import { explainPolicy, type PolicyExplanation, renderExplanation } from 'axios-policy/explain';
import {
  HTTP_POLICY,
  HttpPolicyModule,
  type HttpPolicyModuleOptions,
  type HttpPolicyOptionsFactory,
} from 'axios-policy/nestjs';
import { type InstrumentationOptions, instrumentPolicy } from 'axios-policy/opentelemetry';

export class Options implements HttpPolicyOptionsFactory {
  createHttpPolicyOptions(): HttpPolicyModuleOptions {
    return { axios: { baseURL: 'https://api.example.com' }, client: { timeout: '5s' } };
  }
}
const options: InstrumentationOptions = {};
const stop: () => void = instrumentPolicy(options);
stop();
export const modules = [HttpPolicyModule.registerAsync({ useClass: Options }), HTTP_POLICY];
// @ts-expect-error: no option of the module
HttpPolicyModule.register({ clinet: {} });
const explanation: PolicyExplanation = explainPolicy({ client: { timeout: '5s' } });
export const text: string = renderExplanation(explanation);
