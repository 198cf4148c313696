// SPDX-License-Identifier: Apache-2.0
// What a user of the AWS SDK for JavaScript v3 does, by endpoint and by the proxy. Nothing in it names Sagebrush.
import http from "node:http";
import https from "node:https";
import tls from "node:tls";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { DescribeTrainingJobCommand, ListTrainingJobsCommand, SageMakerClient } from "@aws-sdk/client-sagemaker";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

// Node's own https asks no proxy: an agent that opens its tunnels by HTTPS_PROXY, as the packages for it do.
class ProxyAgent extends https.Agent {
  createConnection({ host, port, servername }, done) {
    const proxy = new URL(process.env.HTTPS_PROXY);
    const authorization = "Basic " + Buffer.from(`${proxy.username}:${decodeURIComponent(proxy.password)}`).toString("base64");
    http
      .request({ host: proxy.hostname, port: proxy.port, method: "CONNECT", path: `${host}:${port}`, headers: { "Proxy-Authorization": authorization } })
      .on("connect", (reply, socket) => {
        if (reply.statusCode !== 200) return done(new Error(`the proxy says ${reply.statusCode}`));
        done(null, tls.connect({ socket, servername: servername ?? host }));
      })
      .on("error", done)
      .end();
  }
}

const answer = {};
const agent = new ProxyAgent();

// AWS's own name, by the proxy, with nothing but Node itself: an unsigned request gets AWS's refusal over a trusted connection.
answer.plain = await new Promise((resolve, reject) => {
  https
    .get("https://sts.us-west-2.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15", { agent }, (reply) => {
      let text = "";
      reply.on("data", (piece) => (text += piece)).on("end", () => resolve([reply.statusCode, reply.socket.authorized, text]));
    })
    .on("error", reject);
});

// The SDK at AWS's own name, by the proxy.
const sts = new STSClient({ endpoint: "https://sts.us-west-2.amazonaws.com", requestHandler: { httpsAgent: agent } });
answer.arn = (await sts.send(new GetCallerIdentityCommand({}))).Arn;

// The SDK by AWS_ENDPOINT_URL.
const s3 = new S3Client({ forcePathStyle: true });
await s3.send(new CreateBucketCommand({ Bucket: "from-node" }));
await s3.send(new PutObjectCommand({ Bucket: "from-node", Key: "a b/c.txt", Body: "hello", Metadata: { colour: "red" } }));
const object = await s3.send(new GetObjectCommand({ Bucket: "from-node", Key: "a b/c.txt" }));
answer.object = [await object.Body.transformToString(), object.Metadata.colour];
answer.keys = (await s3.send(new ListObjectsV2Command({ Bucket: "from-node" }))).Contents.map((item) => item.Key);

const sagemaker = new SageMakerClient({});
answer.jobs = (await sagemaker.send(new ListTrainingJobsCommand({}))).TrainingJobSummaries;
try {
  await sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName: "none" }));
} catch (error) {
  answer.none = `${error.name}: ${error.message}`;
}
console.log(JSON.stringify(answer));
agent.destroy();
