import { checkGateway } from './suite.ts'

checkGateway('nginx')
