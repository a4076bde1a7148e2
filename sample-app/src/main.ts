import { a } from 'nestjs-reqrep';
export const b = a;
