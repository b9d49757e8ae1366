"""The service: a request of an operation, answered from the account's resources."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from embedded.sms_voice import model
from embedded.sms_voice.account import Account
from embedded.sms_voice.errors import NotServed
from embedded.sms_voice.messages import Message
from embedded.sms_voice.network import Network
from embedded.sms_voice.operations import (
    configuration_sets,
    keywords,
    numbers,
    opt_outs,
    pools,
    sender_ids,
    sending,
    tags,
)

_Facts = dict[str, Any]

OPERATIONS: Final[Mapping[str, Callable[[Account, _Facts], _Facts]]] = {
    "AssociateOriginationIdentity": pools.associate_origination_identity,
    "CreateConfigurationSet": configuration_sets.create_configuration_set,
    "CreateEventDestination": configuration_sets.create_event_destination,
    "CreateOptOutList": opt_outs.create_opt_out_list,
    "CreatePool": pools.create_pool,
    "DeleteConfigurationSet": configuration_sets.delete_configuration_set,
    "DeleteEventDestination": configuration_sets.delete_event_destination,
    "DeleteKeyword": keywords.delete_keyword,
    "DeleteOptOutList": opt_outs.delete_opt_out_list,
    "DeleteOptedOutNumber": opt_outs.delete_opted_out_number,
    "DeletePool": pools.delete_pool,
    "DescribeConfigurationSets": configuration_sets.describe_configuration_sets,
    "DescribeKeywords": keywords.describe_keywords,
    "DescribeOptOutLists": opt_outs.describe_opt_out_lists,
    "DescribeOptedOutNumbers": opt_outs.describe_opted_out_numbers,
    "DescribePhoneNumbers": numbers.describe_phone_numbers,
    "DescribePools": pools.describe_pools,
    "DescribeSenderIds": sender_ids.describe_sender_ids,
    "DisassociateOriginationIdentity": pools.disassociate_origination_identity,
    "ListPoolOriginationIdentities": pools.list_pool_origination_identities,
    "ListTagsForResource": tags.list_tags_for_resource,
    "PutKeyword": keywords.put_keyword,
    "PutOptedOutNumber": opt_outs.put_opted_out_number,
    "ReleasePhoneNumber": numbers.release_phone_number,
    "ReleaseSenderId": sender_ids.release_sender_id,
    "RequestPhoneNumber": numbers.request_phone_number,
    "RequestSenderId": sender_ids.request_sender_id,
    "SetDefaultMessageFeedbackEnabled": configuration_sets.set_default_message_feedback_enabled,
    "SetDefaultMessageType": configuration_sets.set_default_message_type,
    "SetDefaultSenderId": configuration_sets.set_default_sender_id,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
    "UpdateEventDestination": configuration_sets.update_event_destination,
    "UpdatePhoneNumber": numbers.update_phone_number,
    "UpdatePool": pools.update_pool,
    "UpdateSenderId": sender_ids.update_sender_id,
}
"""What is answered from the account alone."""

SENDS: Final[Mapping[str, Callable[[Account, _Facts], Message]]] = {
    "SendMediaMessage": sending.media_message,
    "SendTextMessage": sending.text_message,
    "SendVoiceMessage": sending.voice_message,
}
"""What also goes to a handset."""


@dataclass
class Service:
    """Every account's resources, by Region, and the network that they share.

    Attributes:
        new_account: Makes the resources of a Region that is used for the first time.
    """

    network: Network = field(default_factory=Network)
    new_account: Callable[[str], Account] = Account
    _accounts: dict[str, Account] = field(default_factory=dict[str, Account])

    def account(self, region: str) -> Account:
        """The resources of a Region."""
        if region not in self._accounts:
            self._accounts[region] = self.new_account(region)
        return self._accounts[region]

    def accounts(self) -> list[Account]:
        """Those of all Regions that are in use."""
        return list(self._accounts.values())

    def call(self, operation: str, request: _Facts, region: str) -> _Facts:
        """Answer a request that IAM allows.

        Args:
            operation: Its name in the model.
            request: Checked by `model.check`.
            region: Of the client's signature.

        Raises:
            ServiceError: The service refuses it.
        """
        account = self.account(region)
        if operation in OPERATIONS:
            return model.answer(operation, OPERATIONS[operation](account, request))
        if operation not in SENDS:
            raise NotServed(operation)
        message = SENDS[operation](account, request)
        if not request.get("DryRun", False):
            self.network.accept(account, message)
        return {"MessageId": message.id}
