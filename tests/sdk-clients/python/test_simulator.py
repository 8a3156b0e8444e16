"""Microsoft's Python SDK for Graph, unmodified, against `syncline simulate`.

    python test_simulator.py path/to/syncline

The simulator is started on a free loopback port; what the SDK lists, pages, filters, follows,
creates, changes, deletes, restores and is refused is checked as an administrator's script would
see it. Nothing else is asked of the network.
"""

import asyncio
import json
import subprocess
import sys
import time
import unittest
import urllib.parse
import urllib.request
from contextlib import contextmanager

from azure.core.credentials import AccessToken
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.group import Group
from msgraph.generated.models.invitation import Invitation
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.user import User
from msgraph.generated.users.delta.delta_request_builder import DeltaRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core.tasks.page_iterator import PageIterator

USERS = 230


@contextmanager
def simulator(command):
    """Starts the simulator; yields what its ready line says."""
    process = subprocess.Popen(
        [command, "simulate", "--listen", "127.0.0.1:0", "--users", str(USERS)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(10)


class SecretOfATenant:
    """A credential of azure-core: the client credentials grant, over plain HTTP on loopback."""

    def __init__(self, login, graph, app):
        self.login, self.graph, self.app = login, graph, app

    def get_token(self, *scopes, **_):
        form = {
            "client_id": self.app["clientId"],
            "client_secret": self.app["clientSecret"],
            "grant_type": "client_credentials",
            "scope": f"{self.graph}/.default",
        }
        url = f"{self.login}/{self.app['tenantId']}/oauth2/v2.0/token"
        body = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(url, body) as answer:
            token = json.load(answer)
        return AccessToken(token["access_token"], int(time.time()) + token["expires_in"])


def client(ready, app):
    """Returns the SDK's own client; only its base URL is another than Microsoft's."""
    credential = SecretOfATenant(ready["login"], ready["graph"], app)
    provider = AzureIdentityAuthenticationProvider(
        credential, scopes=[f"{ready['graph']}/.default"], allowed_hosts=["127.0.0.1"]
    )
    adapter = GraphRequestAdapter(provider)
    adapter.base_url = f"{ready['graph']}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


def users_with(**parameters):
    """Returns a request configuration with these query parameters."""
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(**parameters)
    return RequestConfiguration(query_parameters=query)


class Administration(unittest.IsolatedAsyncioTestCase):
    """What scripts do with the SDK."""

    graph = None
    ready = None

    def setUp(self):
        with urllib.request.urlopen(f"{self.ready['graph']}/_simulator/tenants") as answer:
            administrators = json.load(answer)["administrators"]
        self.contoso, self.fabrikam = (client(self.ready, app) for app in administrators)
        self.reader = client(self.ready, self.ready["tenants"][0])

    async def refused(self, awaitable, status, code):
        """Awaits a request that is refused; returns the error, typed by the SDK."""
        with self.assertRaises(ODataError) as raised:
            await awaitable
        error = raised.exception
        self.assertEqual((error.response_status_code, error.error.code), (status, code))
        self.assertTrue(error.error.message)
        self.assertTrue(error.error.inner_error.request_id)
        return error

    def new_user(self, name):
        return User(
            account_enabled=True,
            display_name="Zoë Ångström",
            mail_nickname=name,
            user_principal_name=f"{name}@fabrikam.com",
            password_profile=PasswordProfile(password="long enough for anybody"),
        )

    async def test_lists_are_paged_to_their_end(self):
        page = await self.contoso.users.get(users_with(top=100, select=["id", "displayName"]))
        self.assertEqual(len(page.value), 100)
        self.assertIsNone(page.value[0].user_principal_name)
        ids = set()
        iterator = PageIterator(page, self.contoso.request_adapter)
        await iterator.iterate(lambda user: ids.add(user.id) or True)
        self.assertEqual(len(ids), USERS)

    async def test_filters_count_and_advanced_queries(self):
        guests = await self.contoso.users.get(users_with(filter="userType eq 'Guest'"))
        self.assertTrue(guests.value)
        advanced = users_with(
            filter="endsWith(mail,'@adatum.com')", count=True, orderby=["displayName"]
        )
        await self.refused(self.contoso.users.get(advanced), 400, "Request_UnsupportedQuery")
        advanced.headers.add("ConsistencyLevel", "eventual")
        found = await self.contoso.users.get(advanced)
        self.assertEqual(found.odata_count, len(found.value))
        self.assertEqual(len(found.value), len(guests.value))
        searched = users_with(search='"displayName:partner1"')
        searched.headers.add("ConsistencyLevel", "eventual")
        self.assertTrue((await self.contoso.users.get(searched)).value)

    async def test_a_manager_is_expanded(self):
        page = await self.contoso.users.get(users_with(expand=["manager($select=id,displayName)"]))
        managers = [user.manager for user in page.value if user.manager]
        self.assertTrue(managers)
        self.assertTrue(managers[0].display_name)

    async def test_a_user_is_created_changed_deleted_restored_and_followed(self):
        users = self.fabrikam.users
        link = await self.delta_link(users)
        made = await users.post(self.new_user("zoe.angstrom"))
        self.assertEqual(made.display_name, "Zoë Ångström")
        one = users.by_user_id(made.id)
        await one.patch(User(city="Göteborg", job_title="Engineer"))
        read = await one.get(users_with(select=["id", "city", "jobTitle", "userType"]))
        self.assertEqual((read.city, read.job_title, read.user_type), ("Göteborg", "Engineer", "Member"))
        changes, link = await self.changes(users, link)
        self.assertEqual([(user.id, user.city) for user in changes], [(made.id, "Göteborg")])
        await self.refused(
            users.post(self.new_user("zoe.angstrom")), 400, "Request_BadRequest"
        )
        await one.delete()
        await self.refused(one.get(), 404, "Request_ResourceNotFound")
        changes, link = await self.changes(users, link)
        self.assertEqual(changes[0].additional_data["@removed"]["reason"], "changed")
        item = self.fabrikam.directory.deleted_items.by_directory_object_id(made.id)
        back = await item.restore.post(None)
        self.assertEqual((back.id, type(back)), (made.id, User))
        self.assertEqual((await one.get()).user_principal_name, "zoe.angstrom@fabrikam.com")

    async def delta_link(self, users):
        query = DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters(select=["city"])
        page = await users.delta.get(RequestConfiguration(query_parameters=query))
        while page.odata_next_link:
            page = await users.delta.with_url(page.odata_next_link).get()
        return page.odata_delta_link

    async def changes(self, users, link):
        page = await users.delta.with_url(link).get()
        found = list(page.value)
        while page.odata_next_link:
            page = await users.delta.with_url(page.odata_next_link).get()
            found.extend(page.value)
        return found, page.odata_delta_link

    async def test_people_are_invited_and_put_into_a_group(self):
        invitation = await self.fabrikam.invitations.post(
            Invitation(
                invited_user_email_address="zoe@contoso.com",
                invite_redirect_url="https://myapps.microsoft.com",
                invited_user_type="Member",
            )
        )
        self.assertEqual(invitation.status, "PendingAcceptance")
        group = await self.fabrikam.groups.post(
            Group(
                display_name="From contoso",
                mail_enabled=False,
                mail_nickname="fromcontoso",
                security_enabled=True,
            )
        )
        one = self.fabrikam.groups.by_group_id(group.id)
        link = f"{self.ready['graph']}/v1.0/directoryObjects/{invitation.invited_user.id}"
        await one.members.ref.post(ReferenceCreate(odata_id=link))
        members = await one.members.get()
        self.assertEqual([member.id for member in members.value], [invitation.invited_user.id])
        self.assertIsInstance(members.value[0], User)
        again = await self.refused(
            one.members.ref.post(ReferenceCreate(odata_id=link)), 400, "Request_BadRequest"
        )
        self.assertIn("already exist", again.error.message)
        await one.members.by_directory_object_id(invitation.invited_user.id).ref.delete()
        self.assertEqual((await one.members.get()).value, [])
        await one.delete()

    async def test_errors_are_typed(self):
        users = self.fabrikam.users
        somebody = (await users.get(users_with(top=1))).value[0]
        one = users.by_user_id(somebody.id)
        error = await self.refused(one.patch(User(city="")), 400, "Request_BadRequest")
        self.assertEqual(error.error.details[0].target, "city")
        unknown = User(additional_data={"shoeSize": 42})
        await self.refused(one.patch(unknown), 400, "Request_BadRequest")
        await self.refused(one.patch(User(employee_id="x" * 17)), 400, "Request_BadRequest")
        await self.refused(one.patch(User(skills=["Rust"])), 403, "Authorization_RequestDenied")
        nobody = self.reader.users.by_user_id(somebody.id)
        await self.refused(nobody.delete(), 403, "Authorization_RequestDenied")

    async def test_throttling_is_waited_out_by_the_sdk(self):
        fault = {"path_contains": "/users", "status": 429, "retry_after": 1, "times": 1}
        request = urllib.request.Request(
            f"{self.ready['graph']}/_simulator/faults", json.dumps(fault).encode()
        )
        urllib.request.urlopen(request).close()
        began = time.monotonic()
        self.assertTrue((await self.contoso.users.get(users_with(top=1))).value)
        self.assertGreaterEqual(time.monotonic() - began, 1)


if __name__ == "__main__":
    with simulator(sys.argv.pop(1)) as Administration.ready:
        unittest.main(verbosity=2, warnings="ignore")
