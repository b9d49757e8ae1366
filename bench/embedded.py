"""Rates on the embedded AWS: imports, campaigns, and an engine call over a call that does nothing."""

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from bench.account import ACCOUNT, DELIVERY_ROLE, REGION, Account, account, wait_for
from bench.measure import Figure

_NO_OP: Final = "def handler(event, context):\n    return {}\n"
_NO_OP_API: Final = "def handler(event, context):\n    return {'statusCode': 200, 'body': '{}'}\n"
_CALLS: Final = 60
_BUCKET: Final = "bench-imports"


def figures() -> list[Figure]:
    """Import rows a second with the worker's memory, campaign endpoints a second, and the API's overhead."""
    with account("Engine") as aws:
        pinpoint = aws.pinpoint(aws.engine_api())
        application = pinpoint.create_app(CreateApplicationRequest={"Name": "bench"})
        application_id = str(application["ApplicationResponse"]["Id"])
        found = list(_calls(aws, pinpoint, application_id))
        found += _imports(aws, pinpoint, application_id)
        found += _campaigns(aws, pinpoint, application_id)
        return found


def _calls(aws: Account, pinpoint: Any, application_id: str) -> Iterator[Figure]:
    """Median of a GetApp over the median of a function that returns at once, behind the same kind of API."""
    floor_client = aws.pinpoint(_no_op_api(aws), "bench")
    floor = _median(lambda: floor_client.get_apps())
    taken = _median(lambda: pinpoint.get_app(ApplicationId=application_id))
    detail = f"{taken * 1000:.0f} ms over {floor * 1000:.0f} ms"
    yield Figure("engine GetApp over a no-op function behind the same API", round(taken / floor, 2), detail)


def _no_op_api(aws: Account) -> str:
    function = aws.function("bench-no-op-api", _NO_OP_API)
    aws.client("lambda").add_permission(
        FunctionName=function,
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    gateway = aws.client("apigateway")
    api = gateway.create_rest_api(name="bench")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    proxy = gateway.create_resource(restApiId=api, parentId=root, pathPart="{proxy+}")["id"]
    gateway.put_method(restApiId=api, resourceId=proxy, httpMethod="ANY", authorizationType="AWS_IAM")
    gateway.put_integration(
        restApiId=api,
        resourceId=proxy,
        httpMethod="ANY",
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations",
    )
    gateway.create_deployment(restApiId=api, stageName="bench")
    return str(api)


def _imports(aws: Account, pinpoint: Any, application_id: str) -> Iterator[Figure]:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=_BUCKET)
    arn = f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/{application_id}"
    role = aws.role("bench-import", {"AWS": DELIVERY_ROLE}, {"StringLike": {"sts:ExternalId": arn}})
    for rows in (1_000, 10_000, 50_000):
        s3.put_object(Bucket=_BUCKET, Key=f"{rows}.csv", Body=_csv(rows))
        start = time.perf_counter()
        job = pinpoint.create_import_job(
            ApplicationId=application_id,
            ImportJobRequest={
                "Format": "CSV",
                "S3Url": f"s3://{_BUCKET}/{rows}.csv",
                "RoleArn": role,
                "RegisterEndpoints": True,
                "DefineSegment": True,
                "SegmentName": f"bench-{rows}",
            },
        )["ImportJobResponse"]
        done = _import_done(pinpoint, application_id, job["Id"])
        wait_for(done, seconds=900, every=0.25)
        taken = time.perf_counter() - start
        memory = _peak_memory(aws.server, "Imports")
        yield Figure(
            f"import of {rows:,} rows, rows a second", round(rows / taken, 1), f"worker peak {memory} MiB"
        )


def _import_done(pinpoint: Any, application_id: str, job_id: str) -> Callable[[], bool]:
    def done() -> bool:
        job = pinpoint.get_import_job(ApplicationId=application_id, JobId=job_id)["ImportJobResponse"]
        if job["JobStatus"] == "FAILED":
            raise RuntimeError(f"the import failed: {job.get('Failures')}")
        return bool(job["JobStatus"] == "COMPLETED")

    return done


def _campaigns(aws: Account, pinpoint: Any, application_id: str) -> Iterator[Figure]:
    channel = aws.function("bench-channel", _NO_OP)
    aws.client("lambda").add_permission(
        FunctionName=channel, StatementId="engine", Action="lambda:InvokeFunction", Principal=DELIVERY_ROLE
    )
    for size in (500, 5_000):
        segment = pinpoint.create_segment(
            ApplicationId=application_id,
            WriteSegmentRequest={
                "Name": f"first-{size}",
                "Dimensions": {
                    "Metrics": {"Row": {"ComparisonOperator": "LESS_THAN", "Value": float(size)}},
                },
            },
        )["SegmentResponse"]["Id"]
        start = time.perf_counter()
        campaign = pinpoint.create_campaign(
            ApplicationId=application_id,
            WriteCampaignRequest={
                "Name": f"bench-{size}",
                "SegmentId": segment,
                "Schedule": {"StartTime": "IMMEDIATE"},
                "MessageConfiguration": {"CustomMessage": {"Data": "{}"}},
                "CustomDeliveryConfiguration": {"DeliveryUri": channel, "EndpointTypes": ["CUSTOM"]},
            },
        )["CampaignResponse"]["Id"]
        wait_for(_campaign_done(pinpoint, application_id, campaign), seconds=900, every=0.25)
        taken = time.perf_counter() - start
        yield Figure(
            f"campaign to {size:,} of 50,000 endpoints, endpoints a second",
            round(size / taken, 1),
            f"{taken:.1f} s",
        )


def _campaign_done(pinpoint: Any, application_id: str, campaign_id: str) -> Callable[[], bool]:
    def done() -> bool:
        answer = pinpoint.get_campaign(ApplicationId=application_id, CampaignId=campaign_id)
        return bool(answer["CampaignResponse"]["State"]["CampaignStatus"] == "COMPLETED")

    return done


def _csv(rows: int) -> bytes:
    lines = ["Id,ChannelType,Address,OptOut,User.UserId,Metrics.Row,Attributes.Plan"]
    lines += [f"e{i},CUSTOM,address-{i},NONE,u{i},{i},{'gold' if i % 3 else 'blue'}" for i in range(rows)]
    return ("\n".join(lines) + "\n").encode()


def _median(call: Callable[[], object]) -> float:
    times: list[float] = []
    for _ in range(_CALLS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _peak_memory(server: int, function: str) -> int:
    """The largest resident set, in MiB, that a worker process of the function ever had."""
    peaks = [0]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
            command = (process / "cmdline").read_text()
        except (OSError, ValueError):
            continue
        if int(status["PPid"]) == server and f"{function}Function" in command:
            peaks.append(int(status["VmHWM"].split()[0]) // 1024)
    return max(peaks)
