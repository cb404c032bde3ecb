"""The description of the public events (AsyncAPI 3), made from the contracts themselves."""

from collections.abc import Sequence
from typing import Any

from shared.language.contracts import BODIES, EVENTS

ENVELOPE = {
    "ce-id": "<service>/<aggregate id>/<version>; also Nats-Msg-Id",
    "ce-type": "lieu.<service>.<event name>",
    "ce-source": "/lieu/<service>",
    "ce-subject": "the aggregate's id",
    "ce-time": "when it became known",
    "ce-sequence": "the service's position, strictly increasing within ce-generation",
    "ce-generation": "names the history that positions belong to",
    "ce-dataschema": "the body's schema",
    "ce-aggregateversion": "version of the aggregate",
    "ce-structure": "code of the structure, where one is concerned",
    "ce-pathway": "id of the pathway, where one is concerned",
    "ce-person": "pseudonymous id of the person, where one is concerned",
    "ce-happenedon": "when it happened, where that is known",
    "ce-rule": "version of the rule applied, where one was",
    "ce-historical": "true for what an import brought",
    "traceparent": "W3C trace context of the command",
}


def asyncapi(services: Sequence[str]) -> dict[str, Any]:
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    headers = {
        "type": "object",
        "properties": {k: {"type": "string", "description": v} for k, v in ENVELOPE.items()},
    }
    for service in services:
        for name in EVENTS.get(service, {}):
            id = f"{service}.{name}"
            schema = BODIES[service, name].json_schema(ref_template="#/components/schemas/{model}")
            schemas |= schema.pop("$defs", {})
            channels[id] = {
                "address": f"lieu.{service}.{{structure}}.{{pathway}}.{name}",
                "description": schema.get("description", ""),
                "parameters": {
                    "structure": {"description": "code of the structure, or `programme`"},
                    "pathway": {"description": "id of the pathway, else of the aggregate"},
                },
                "messages": {
                    name: {
                        "name": f"lieu.{service}.{name}",
                        "contentType": "application/json",
                        "headers": headers,
                        "payload": schema | {"$id": f"/schemas/{service}/{name}/v1"},
                    }
                },
            }
            operations[f"receive-{id}"] = {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{id.replace('/', '~1')}"},
            }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Lieu Ressources Emploi-Formation: public events", "version": "1"},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"schemas": schemas},
    }
