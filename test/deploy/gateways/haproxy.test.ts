import { checkGateway } from './suite.ts'

checkGateway('haproxy')
