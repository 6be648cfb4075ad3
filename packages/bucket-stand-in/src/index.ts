export { type BucketFault, type BucketServer, type ReceivedRequest, startBucketServer } from './bucket-server.ts';
