# SPDX-License-Identifier: Apache-2.0
"""Roles, policies and sessions by boto3: the decision stands in every request's path."""

import textwrap


def test_a_narrow_role_may_what_its_policy_says_and_nothing_else(server):
    answer = server.answer(textwrap.dedent("""
        import boto3, json
        from botocore.exceptions import ClientError
        iam, sts, s3 = boto3.client("iam"), boto3.client("sts"), boto3.client("s3")
        me = sts.get_caller_identity()
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": me["Account"]}, "Action": "sts:AssumeRole"}]}
        role = iam.create_role(RoleName="Reader", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
        iam.put_role_policy(RoleName="Reader", PolicyName="read", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::open", "arn:aws:s3:::open/*"]},
            {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::open/private/*"}]}))
        for bucket in ("open", "closed"): s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        for bucket, key in (("open", "k"), ("open", "private/k"), ("closed", "k")): s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        keys = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="test")["Credentials"]
        session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        reader = session.client("s3")
        def words(call, **arguments):
            try: call(**arguments); return "accepted"
            except ClientError as error: return error.response["Error"]["Code"] + ": " + error.response["Error"]["Message"]
        print(json.dumps({"me": me["Arn"], "reader": session.client("sts").get_caller_identity()["Arn"], "results": [
            words(reader.get_object, Bucket="open", Key="k"), words(reader.get_object, Bucket="open", Key="private/k"), words(reader.get_object, Bucket="closed", Key="k"),
            words(reader.put_object, Bucket="open", Key="k", Body=b"y"), words(session.client("sagemaker").list_training_jobs),
            words(iam.get_role, RoleName="Nobody"), words(iam.delete_role, RoleName="Reader")]}))
        """))

    assert ":assumed-role/AmazonSageMaker-ExecutionRole-" in answer["me"] and answer["me"].endswith("/SageMaker")
    assert answer["reader"] == "arn:aws:sts::123456789012:assumed-role/Reader/test"
    results = answer["results"]
    assert results[0] == "accepted"
    assert results[1].startswith("AccessDenied: ") and "explicit deny" in results[1]
    assert results[2].startswith("AccessDenied: ") and results[3].startswith("AccessDenied: ")
    assert results[4].startswith("AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/Reader/test is not authorized to perform: sagemaker:ListTrainingJobs")
    assert results[5] == "NoSuchEntity: The role with name Nobody cannot be found."
    assert results[6].startswith("DeleteConflict: ")
