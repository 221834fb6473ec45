"""The stranger's table: every route and what it answers to people it is not for."""

from datetime import date

from matching.registry.models_credentials import Verification
from tests.factories import (
    make_account,
    make_calendar_day,
    make_check,
    make_coordinator,
    make_course,
    make_credential,
    make_dead_mail,
    make_match,
    make_operator,
    make_organisation,
    make_registrant,
    make_registration,
    make_renewal_notice,
    make_request,
    make_requester,
    make_words,
)

# method and endpoint: anonymous, resident, requester of another organisation, coordinator of another ward.
# 303 for the anonymous is the way to sign-in; 404 hides the thing; 403 is a place that is not theirs.
ANSWERS = {
    (303, 404, 404, 404): """
        POST accounts.disable
        POST accounts.enable
        GET accounts.scope
        POST accounts.scope
        POST matcher.approve
        POST matcher.keep_alternate
        GET matcher.candidates
        POST matcher.wish
        POST matcher.why
        POST matches.accept
        POST matches.answer_change
        POST matches.approve
        GET matches.change
        POST matches.change
        POST matches.decide_objection
        POST matches.drop_alternate
        POST matches.object_
        POST matches.cancel
        POST matches.choose
        POST matches.unchoose
        POST matches.close
        POST matches.confirm
        POST matches.contact
        POST matches.contact_consent
        POST matches.withdraw_contact_consent
        GET matches.disclosures_of
        POST matches.give_consent
        GET matches.withdraw_consent
        POST matches.withdraw_consent
        POST matches.decline
        GET matches.match_page
        POST matches.record_attempt
        POST matches.reject
        POST matches.resign
        GET matches.report
        POST matches.report
        POST matches.report_again
        GET matches.revoke_registration
        POST matches.revoke_registration
        GET matches.suspend_registration
        POST matches.suspend_registration
        GET matches.withdraw_registration
        POST matches.withdraw_registration
        POST registry.renewal_answer
        GET matches.request_page
        POST matches.reverse
        POST matches.send_back
        POST matches.withdraw
        POST operators.choose
        POST organisations.ask_to_join
        POST organisations.decide_member
        GET organisations.edit
        POST organisations.edit
        POST organisations.end_membership
        GET organisations.hand_over
        POST organisations.hand_over
        POST organisations.invite
        GET organisations.show
        POST registry.add_participant
        GET registry.merge
        POST registry.merge
        GET registry.erase
        POST registry.erase
        POST registry.apply_again
        POST registry.approve
        POST registry.complete
        POST registry.contact
        GET registry.course
        GET registry.credential
        POST registry.refuse
        POST registry.remove_participant
        POST registry.resume
        POST registry.return_
        GET registry.show
        POST registry.unverify
        POST registry.verify
        GET requests.cancel
        GET requests.copy
        GET requests.insurance
        POST requests.insurance
        POST requests.cancel
        GET requests.edit
        GET safety.check
        POST safety.record
        POST safety.take_back
        POST requests.edit
        POST requests.open_
        GET requests.refuse
        POST requests.refuse
        GET requests.return_
        POST requests.return_
        POST requests.submit
    """,
    (303, 303, 303, 303): """
        POST accounts.sign_out
        GET registry.my_availability
        POST registry.my_availability
        POST registry.change_hours
        POST registry.change_absences
        GET registry.pause
        POST registry.pause
        POST registry.resume_mine
        GET registry.me
        GET registry.download
        GET registry.leave
        POST registry.leave
        GET registry.availability
        POST registry.availability
        GET registry.check
        POST registry.check
        GET registry.consents
        POST registry.consents
        GET registry.offering
        POST registry.offering
    """,
    (200, 200, 200, 200): """
        GET accounts.reset
        GET accounts.sign_up
        GET api.document
        GET api.indicators
        GET api.indicators_csv
        GET api.programmes
        GET api.programmes_csv
        GET api.registry
        GET api.registry_csv
        GET api.requests
        GET api.requests_csv
        GET api.years
        GET desk.healthz
        GET desk.landing
        GET indicators.areas_page
        GET indicators.circulation_page
        GET indicators.entries
        GET indicators.figure
        GET indicators.index
        GET indicators.report
        GET matches.stages
        GET safety.law
        GET programmes.index
        GET programmes.show
        GET static
    """,
    (410, 410, 410, 410): """
        GET accounts.follow
        POST accounts.follow
        GET accounts.follow_reset
        POST accounts.follow_reset
    """,
    (303, 403, 403, 200): """
        GET indicators.ahead_page
        GET indicators.equity_file
        GET indicators.equity_page
        GET indicators.gap_file
        GET indicators.gap_page
        GET indicators.review
        GET indicators.targets
        GET indicators.survey_values
        GET indicators.halfway
        GET matcher.plan
        GET operators.index
        GET organisations.enter
        GET registry.courses
        GET registry.credentials
        GET ops.mail
        GET registry.registrations
        GET registry.renewal_letters
        GET registry.renewal_round
        GET registry.renewals
        GET registry.enter
        GET registry.enter_course
        GET registry.queue
        POST registry.same
        GET registry.ended
        GET drills.index
        GET requests.calendar_page
        GET words.enter
        GET words.history
        GET words.index
        GET words.version
    """,
    (404, 404, 404, 404): """
        GET matches.answer
        POST matches.answer_accept
        POST matches.answer_decline
        GET renewal.renew
        POST renewal.renew
        GET matches.changed
        POST matches.answer_changed
    """,
    (303, 200, 200, 200): """
        GET matcher.openings
        GET matches.consents_of_mine
        GET matches.disclosures
        GET matches.index
        GET organisations.join
        GET registry.index
        GET registry.person
    """,
    (422, 422, 422, 422): """
        POST accounts.reset
        POST accounts.sign_in
        POST accounts.sign_up
    """,
    (303, 403, 403, 403): """
        GET accounts.staff
        POST accounts.staff
        POST indicators.close_year
        POST indicators.set_targets
        POST indicators.set_survey_values
        POST indicators.set_halfway
    """,
    (303, 403, 403, 409): """
        POST indicators.propose_year
        POST indicators.write_review
    """,
    (303, 403, 403, 422): """
        POST matcher.preview_new
        POST matcher.approve_plan
        POST operators.enter
        POST organisations.enter
        POST registry.enter
        POST registry.enter_course
        POST registry.renewal_round
        POST requests.calendar_page
        POST words.enter
    """,
    # the thesaurus and the operators are the whole city's: every coordinator's, nobody else's
    (303, 404, 404, 200): """
        GET matcher.removal
        GET operators.show
        GET words.show
    """,
    (303, 404, 404, 422): """
        POST matcher.preview_change
        POST operators.rename
        POST words.change
    """,
    (303, 404, 404, 409): """
        POST words.remove
    """,
    (303, 403, 403, 303): """
        POST desk.choose_digest
    """,
    # mail that was given up, and the calendar: every coordinator's
    (303, 404, 404, 303): """
        POST ops.resend
        POST requests.remove_days
    """,
    # the worker has not run in the tests' city
    (503, 503, 503, 503): """
        GET ops.readyz
    """,
    (200, 303, 303, 303): """
        GET accounts.sign_in
    """,
    (303, 403, 200, 200): """
        GET requests.index
        GET organisations.index
        GET registry.leaders
    """,
    # a school district of nobody's
    (303, 403, 404, 404): """
        POST registry.see_leaders
    """,
    (303, 403, 200, 403): """
        GET requests.choose
        GET requests.post
        GET requests.offer_stage
    """,
    (303, 422, 422, 422): """
        POST registry.person
    """,
    (303, 403, 422, 403): """
        POST requests.post
        POST requests.offer_stage
    """,
}
TABLE = {
    route.strip(): answers for answers, routes in ANSWERS.items() for route in routes.strip().splitlines()
}
PUBLIC_TOKEN = "no-such-token"


def addresses(app):
    """One object of each kind, in 東区, and the URL of every route about it."""
    organisation = make_organisation(make_requester())
    request = make_request(organisation)
    registration = make_registration(make_registrant(make_account()))
    match = make_match(request, registration)
    operator = make_operator(organisation)
    check = make_check(match.registrant, operator)
    values = {
        "support_request": request.code,
        "session": request.sessions[0].code,
        "match": match.code,
        "registrant": registration.registrant.code,
        "kept": registration.registrant.code,
        "gone": make_registration(make_registrant()).registrant.code,
        "registration": registration.code,
        "account": make_account().code,
        "organisation": organisation.code,
        "credential": make_credential(registration.registrant, verification=Verification.STATED).code,
        "course": make_course().code,
        "participant": "2222222222",
        "operator": operator.code,
        "check": check.code,
        "group": make_words("習字", "書道").code,
        "alternate": "no-such-code",
        "calendar_day": make_calendar_day(date(2026, 12, 24)).code,
        "version": 1,
        "token": PUBLIC_TOKEN,
        "purpose": "contact_sharing",
        "notice": make_renewal_notice(registration).code,
        "message": make_dead_mail().code,
        "programme": "school_support",
        "fiscal_year": 2026,
        "key": "lecturer",
        "measure": 3,
        "figure": "participants",
        "shape": "csv",
        "filename": "css/base.css",
    }
    with app.test_request_context():
        adapter = app.url_map.bind("127.0.0.1")
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.endpoint):
            arguments = {name: values[name] for name in rule.arguments}
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                path = adapter.build(rule.endpoint, arguments, method=method)
                yield f"{method} {rule.endpoint}", method, path


def test_every_route_answers_strangers_as_the_table_says(app, clients):
    strangers = (
        None,
        make_account(),
        _requester_elsewhere(),
        make_coordinator(wards=["西区"]),
    )
    answers = {}
    for name, method, path in addresses(app):
        answers[name] = tuple(answer(clients(stranger), method, path) for stranger in strangers)
    assert answers == TABLE


def answer(browser, method, path):
    """The browser is a new one each time: signing out is one of the routes."""
    with browser.open(path, method=method) as response:
        return response.status_code


def _requester_elsewhere():
    member = make_requester()
    make_organisation(member)
    return member
