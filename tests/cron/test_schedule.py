import pickle
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from django.test import override_settings
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dj_queue.cron import CronSchedule
from tests.cron.oracle import Oracle, changes_of, walk_of

ZONES = (
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "America/Sao_Paulo",
    "Asia/Tehran",
    "Pacific/Chatham",
    "Asia/Kathmandu",
)
FIRST_YEAR, LAST_YEAR = 2005, 2025
DAY = timedelta(days=1)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(zone, text):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def slots_on(schedule, zone, day):
    """Local times with their offset of the slots in the day, so that a fold shows."""
    first = datetime.combine(day, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    last = datetime.combine(day + DAY, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    second = timedelta(seconds=1)
    found = schedule.slots_between(first - second, last - second, limit=10_000)
    return [slot.astimezone(ZoneInfo(zone)).strftime("%H:%M%z") for slot in found]


def refusal_of(expression):
    try:
        CronSchedule(expression, "UTC")
    except ValueError as refusal:
        return str(refusal)
    return ""


# --- what an expression says ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("*/15 * * * *", "2026-01-01 12:15"),
        ("0 3 * * *", "2026-01-02 03:00"),
        ("5,50 11-13 * * *", "2026-01-01 12:05"),
        ("10/20 * * * *", "2026-01-01 12:10"),
        ("0 22-2 * * *", "2026-01-01 22:00"),
        ("0 0 * * mon", "2026-01-05 00:00"),
        ("0 0 * * MON-WED", "2026-01-05 00:00"),
        ("0 0 * * fri-sun", "2026-01-02 00:00"),
        ("0 0 * * 7", "2026-01-04 00:00"),
        ("0 0 * * 5-7", "2026-01-02 00:00"),
        ("0 0 1 jun-aug *", "2026-06-01 00:00"),
        ("0 0 L * *", "2026-01-31 00:00"),
        ("0 0 l feb *", "2026-02-28 00:00"),
        ("0 0 15,L * *", "2026-01-15 00:00"),
        ("0 0 * * mon#1", "2026-01-05 00:00"),
        ("0 0 * * fri#5", "2026-01-30 00:00"),
        ("0 0 * * 0#2", "2026-01-11 00:00"),
        ("0 0 * * 7#2", "2026-01-11 00:00"),
        ("0 0 * * L5", "2026-01-30 00:00"),
        ("0 0 ? * 1", "2026-01-05 00:00"),
        ("0 0 29 2 *", "2028-02-29 00:00"),
        ("0 0 13 * 5", "2026-01-02 00:00"),
        ("0 0 */2 * 1", "2026-01-05 00:00"),
        ("0 0 1-7 * */7", "2026-01-04 00:00"),
        ("@hourly", "2026-01-01 13:00"),
        ("@daily", "2026-01-02 00:00"),
        ("@Midnight", "2026-01-02 00:00"),
        ("@weekly", "2026-01-04 00:00"),
        ("@monthly", "2026-02-01 00:00"),
        ("@yearly", "2027-01-01 00:00"),
        ("@annually", "2027-01-01 00:00"),
        ("  0   3 * * *  ", "2026-01-02 03:00"),
    ],
)
def test_expression_fires_next_at(expression, expected):
    schedule = CronSchedule(expression, "UTC")
    assert schedule.next_after(at("2026-01-01 12:00")) == at(expected)


def test_a_day_is_enough_when_date_and_weekday_are_both_restricted():
    schedule = CronSchedule("0 0 13 * 5", "UTC")
    days = [slot.day for slot in schedule.slots_between(at("2026-01-01"), at("2026-01-20"), 99)]
    assert days == [2, 9, 13, 16]


def test_a_star_with_a_step_restricts_the_date_beside_a_weekday():
    schedule = CronSchedule("0 0 */2 * 1", "UTC")
    days = [slot.day for slot in schedule.slots_between(at("2026-01-01"), at("2026-01-31"), 99)]
    assert days == [5, 19]


def test_six_fields_begin_with_seconds():
    schedule = CronSchedule("15,45 30 1 * * *", "UTC")
    assert schedule.next_after(at("2026-01-01")) == at("2026-01-01 01:30:15")
    assert schedule.next_after(at("2026-01-01 01:30:15")) == at("2026-01-01 01:30:45")
    assert schedule.next_after(at("2026-01-01 01:30:45")) == at("2026-01-02 01:30:15")


def test_leap_day_is_found_across_a_century_without_one():
    schedule = CronSchedule("0 0 29 2 *", "UTC")
    assert schedule.next_after(at("2096-03-01")) == at("2104-02-29")
    assert schedule.latest_between(at("2000-01-01"), at("2104-02-28")) == at("2096-02-29")


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.fault(34)
@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("", "write five fields"),
        ("* * * *", "write five fields"),
        ("* * * * * * *", "write five fields"),
        ("@reboot", "write five fields"),
        ("every day at noon", "write five fields"),
        ("R * * * *", "in the minute field, 'r' is random or hashed"),
        ("R R * * *", "in the minute field, 'r' is random or hashed"),
        ("* * * * * R", "in the day-of-week field, 'r' is random or hashed"),
        ("0 H * * *", "in the hour field, 'h' is random or hashed"),
        ("H(0-29)/10 * * * *", "is random or hashed"),
        ("R/5 * * * *", "is random or hashed"),
        ("1,r * * * *", "is random or hashed"),
        ("61 * * * *", "in the minute field, '61' does not fit; use 0-59"),
        ("* 24 * * *", "in the hour field, '24' does not fit; use 0-23"),
        ("* * 0 * *", "in the day-of-month field, '0' does not fit; use 1-31"),
        ("* * * 13 *", "in the month field, '13' does not fit; use 1-12"),
        ("* * * * 8", "in the day-of-week field, '8' does not fit; use 0-7"),
        ("60 * * * * *", "in the second field, '60' does not fit; use 0-59"),
        ("0 0 * foo *", "in the month field, 'foo' does not fit"),
        ("-5 * * * *", "'-5' does not fit"),
        ("*-5 * * * *", "'*-5' does not fit"),
        ("1,,2 * * * *", "'' does not fit"),
        ("1.5 * * * *", "'1.5' does not fit"),
        ("0 0 15W * *", "'15w' does not fit"),
        ("0 0 L-3 * *", "'l-3' does not fit"),
        ("0 0 * * 1#6", "'1#6' does not fit"),
        ("? * * * *", "'?' does not fit"),
        ("*/0 * * * *", "the step of '*/0' does not fit; use 1-60"),
        ("*/90 * * * *", "the step of '*/90' does not fit; use 1-60"),
        ("* */25 * * *", "the step of '*/25' does not fit; use 1-24"),
        ("59/15 * * * *", "the step of '59/15' is never taken; leave it out"),
        ("5-5 * * * *", "the range '5-5' has equal ends"),
        ("0 0 * jan-1 *", "the range 'jan-1' has equal ends"),
        ("0 22-6/3 * * *", "'22-6/3' wraps around and has a step"),
        ("0 0 * * 1-7/2", "'1-7/2' wraps around and has a step"),
        ("0 0 * * 1#1,2", "mixes plain weekdays with # or L"),
        ("0 0 30 2 *", "no fire time within 5 years"),
        ("0 0 31 4,6,9,11 *", "no fire time within 5 years"),
        ("0 0 * 2 mon#5", "no fire time within 5 years"),
        ("0\t3 * * *", "control or non-ASCII characters"),
        ("0 3 * * *\n", "control or non-ASCII characters"),
        ("0 3 * * *\x00", "control or non-ASCII characters"),
        ("0\u00a03 * * *", "control or non-ASCII characters"),
        ("\u0661 3 * * *", "control or non-ASCII characters"),
        ("0 3 * * * Europe/Berln", "'Europe/Berln' is no known time zone; use an IANA name"),
        ("0 3 * * * ../UTC", "'../utc' does not fit"),
        ("0 3 * * * Europe/../UTC", "no known time zone"),
        ("0 3 * * * America", "no known time zone"),
        ("@daily Nowhere", "no known time zone"),
    ],
)
def test_expression_is_refused_with_its_reason(expression, reason):
    text = refusal_of(expression)
    assert reason in text
    assert "\n" not in text


@pytest.mark.fault(34)
def test_ten_kilobytes_are_refused_without_being_quoted():
    with pytest.raises(ValueError, match="10240 characters is refused; use at most 255") as refusal:
        CronSchedule("0," * 5120)
    assert len(str(refusal.value)) < 100


def test_unknown_zone_argument_is_refused_even_beside_a_zone_in_the_expression():
    with pytest.raises(ValueError, match="'Mars/Base' is no known time zone"):
        CronSchedule("0 3 * * * UTC", "Mars/Base")


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_in_one_line(text):
    assert refusal_of(text).isprintable()


@given(st.text(alphabet="0123456789*/,-?#lLhHrRwW mon@UTC", max_size=40))
def test_near_expressions_are_read_or_refused_in_one_line(text):
    refusal = refusal_of(text)
    assert refusal.isprintable()
    if not refusal:
        moment = at("2026-01-01")
        assert CronSchedule(text, "UTC").next_after(moment) > moment


# --- zones ----------------------------------------------------------------------------------------


def test_zone_argument_sets_the_clock():
    schedule = CronSchedule("0 3 * * *", "America/New_York")
    assert schedule.next_after(at("2026-01-01")) == at("2026-01-01 08:00")


@pytest.mark.parametrize("expression", ["0 3 * * * Europe/Berlin", "0 0 3 * * * Europe/Berlin"])
def test_zone_in_the_expression_wins_over_the_argument(expression):
    schedule = CronSchedule(expression, "America/New_York")
    assert schedule.next_after(at("2026-01-01 12:00")) == at("2026-01-02 02:00")
    assert schedule.time_zone == "Europe/Berlin"
    assert schedule.expression == expression.removesuffix(" Europe/Berlin")


@pytest.mark.parametrize("zone", ["UTC", "EST5EDT", "Etc/GMT+3", "NZ", "W-SU", "GB", "Asia/Tokyo"])
def test_zone_may_follow_a_preset(zone):
    assert CronSchedule(f"@daily {zone}").time_zone == zone


@pytest.mark.parametrize("weekday", ["Mon", "sat,sun", "mon-fri", "L5", "fri#2", "?", "*"])
def test_last_of_six_fields_is_no_zone(weekday):
    assert CronSchedule(f"0 0 0 * * {weekday}").time_zone is None


def test_without_a_zone_the_setting_holds_at_each_use():
    schedule = CronSchedule("0 3 * * *")
    with override_settings(TIME_ZONE="Asia/Kathmandu"):
        assert schedule.next_after(at("2026-01-01")) == at("2026-01-01 21:15")
    with override_settings(TIME_ZONE="Europe/Berlin"):
        assert schedule.next_after(at("2026-01-01")) == at("2026-01-01 02:00")


# --- values ---------------------------------------------------------------------------------------


def test_equal_expression_and_zone_make_equal_schedules():
    schedule = CronSchedule("0 3 * * * Europe/Berlin")
    assert schedule == CronSchedule(" 0 3  * * *", "Europe/Berlin")
    assert hash(schedule) == hash(CronSchedule("0 3 * * *", "Europe/Berlin"))
    assert schedule != CronSchedule("0 3 * * *")
    assert schedule != CronSchedule("0 4 * * *", "Europe/Berlin")


def test_schedule_survives_pickling():
    schedule = CronSchedule("30 2 * * mon#1", "Europe/Berlin")
    copy = pickle.loads(pickle.dumps(schedule))
    assert copy == schedule
    assert copy.next_after(at("2026-01-01")) == schedule.next_after(at("2026-01-01"))


def test_text_of_a_schedule_reads_back():
    for schedule in (CronSchedule("@daily", "Asia/Tokyo"), CronSchedule("0 3 * * *")):
        assert CronSchedule(str(schedule)) == schedule


def test_slots_are_in_utc():
    slot = CronSchedule("0 3 * * *", "Asia/Tokyo").next_after(local("Asia/Tokyo", "2026-01-01"))
    assert slot.tzinfo is UTC


@pytest.mark.parametrize("method", ["next_after", "latest_between"])
def test_naive_moment_is_refused(method):
    naive = datetime(2026, 1, 1)
    arguments = [naive] if method == "next_after" else [naive, at("2026-01-02")]
    with pytest.raises(ValueError, match="has no time zone"):
        getattr(CronSchedule("* * * * *", "UTC"), method)(*arguments)


def test_slot_is_strictly_after_the_moment():
    schedule = CronSchedule("0 3 * * *", "UTC")
    assert schedule.next_after(at("2026-01-01 02:59:59.999999")) == at("2026-01-01 03:00")
    assert schedule.next_after(at("2026-01-01 03:00:00")) == at("2026-01-02 03:00")
    assert schedule.next_after(at("2026-01-01 03:00:00.000001")) == at("2026-01-02 03:00")


def test_window_leaves_its_start_out_and_has_its_end_in():
    schedule = CronSchedule("0 * * * *", "UTC")
    start, end = at("2026-01-01 01:00"), at("2026-01-01 03:00")
    assert schedule.slots_between(start, end, 10) == [at("2026-01-01 02:00"), end]
    assert schedule.latest_between(start, end) == end
    assert schedule.latest_between(end, end) is None
    assert schedule.latest_between(end, start) is None
    assert schedule.latest_between(end, end + timedelta(minutes=59)) is None


def test_of_more_slots_than_the_limit_the_latest_are_given_in_order():
    schedule = CronSchedule("0 * * * *", "UTC")
    start, end = at("2026-01-01 00:00"), at("2026-01-02 00:00")
    assert schedule.slots_between(start, end, 2) == [at("2026-01-01 23:00"), end]
    assert schedule.slots_between(start, end, 0) == []


def test_calendar_end_is_said():
    with pytest.raises(ValueError, match="has no slot after"):
        CronSchedule("0 0 1 1 *", "UTC").next_after(at("9999-06-01"))


# --- clock changes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "zone", "day", "expected"),
    [
        ("30 2 * * *", "America/New_York", date(2026, 3, 8), ["03:00-0400"]),
        ("0,30 2 * * *", "America/New_York", date(2026, 3, 8), ["03:00-0400"]),
        ("0 2,3 * * *", "America/New_York", date(2026, 3, 8), ["03:00-0400"]),
        ("30 3 * * *", "America/New_York", date(2026, 3, 8), ["03:30-0400"]),
        ("30 1 * * *", "America/New_York", date(2026, 11, 1), ["01:30-0400"]),
        ("45 1 * * *", "Australia/Lord_Howe", date(2026, 4, 5), ["01:45+1100"]),
        ("15 2 * * *", "Australia/Lord_Howe", date(2026, 10, 4), ["02:30+1100"]),
        ("15 0 * * *", "America/Sao_Paulo", date(2017, 10, 15), ["01:00-0200"]),
        ("30 23 * * *", "America/Sao_Paulo", date(2018, 2, 17), ["23:30-0200"]),
        ("0 3 * * *", "Pacific/Apia", date(2011, 12, 29), ["03:00-1000"]),
        ("0 3 * * *", "Pacific/Apia", date(2011, 12, 31), ["03:00+1400"]),
        (
            "*/30 1-3 * * *",
            "America/New_York",
            date(2026, 3, 8),
            ["01:00-0500", "01:30-0500", "03:00-0400", "03:30-0400"],
        ),
        (
            "*/30 1 * * *",
            "America/New_York",
            date(2026, 11, 1),
            ["01:00-0400", "01:30-0400", "01:00-0500", "01:30-0500"],
        ),
        ("*/30 2 * * *", "America/New_York", date(2026, 3, 8), []),
        ("*/30 1 1 11 *", "Europe/Berlin", date(2026, 11, 1), ["01:00+0100", "01:30+0100"]),
    ],
)
def test_clock_change(expression, zone, day, expected):
    assert slots_on(CronSchedule(expression, zone), zone, day) == expected


def test_hourly_fires_every_hour_of_a_day_of_25():
    zone = "Europe/Berlin"
    assert len(slots_on(CronSchedule("@hourly", zone), zone, date(2026, 10, 25))) == 25


def test_hour_shown_again_is_not_missed_by_a_rare_expression():
    schedule = CronSchedule("*/30 1 1 11 *", "America/New_York")
    assert schedule.next_after(at("2026-11-01 05:50")) == at("2026-11-01 06:00")
    assert schedule.next_after(at("2026-11-01 06:30")) == at("2027-11-01 05:00")
    assert schedule.latest_between(at("2020-01-01"), at("2027-01-01")) == at("2026-11-01 06:30")


def test_seconds_in_a_gap_make_one_slot():
    schedule = CronSchedule("* 0-30 2 * * *", "America/New_York")
    assert schedule.slots_between(at("2026-03-08 00:00"), at("2026-03-08 23:00"), 99_999) == [
        at("2026-03-08 07:00")
    ]


EXPRESSIONS = (
    "30 2 * * *",
    "0,30 0-3 * * *",
    "15 0 * * *",
    "45 1,23 * * *",
    "0 0 * * *",
    "59 23 * * *",
    "20 1-2 * * 0",
    "5 2 1-7 3,4,10,11 *",
    "*/5 * * * *",
    "*/20 * * * *",
    "7 */2 * * *",
    "*/10 0-2 * * *",
)


@pytest.fixture(scope="module", params=ZONES)
def changed_days(request):
    """The minutes of the two days around each change of a zone's clock in twenty years."""
    changes = changes_of(request.param, FIRST_YEAR, LAST_YEAR) or [at("2020-03-29")]
    walks = [walk_of(request.param, change - DAY, change + DAY) for change in changes]
    return request.param, walks


@pytest.mark.fault(33)
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_slots_around_every_clock_change_are_those_of_the_slow_walk(changed_days, expression):
    zone, walks = changed_days
    schedule, oracle = CronSchedule(expression, zone), Oracle(expression)
    for walk in walks:
        expected = oracle.slots(walk)
        start, end = walk[0][0], walk[-1][0]
        before = start - timedelta(seconds=1)
        if expected and expected[0] == start:
            expected, before = expected[1:], start
        found = []
        moment = before
        while (moment := schedule.next_after(moment)) <= end:
            found.append(moment)
        assert found == expected
        assert schedule.slots_between(before, end, 9999) == expected


@pytest.mark.fault(33)
@pytest.mark.parametrize("zone", ZONES)
def test_fixed_time_fires_once_on_every_local_day_of_twenty_years(zone):
    schedule = CronSchedule("30 2 * * *", zone)
    end = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
    moment = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    fired = []
    while (moment := schedule.next_after(moment)) < end:
        fired.append(moment.astimezone(ZoneInfo(zone)).date())
    lived = [fired[0] + DAY * count for count in range((fired[-1] - fired[0]).days + 1)]
    if zone == "Pacific/Apia":
        lived.remove(date(2011, 12, 30))
    assert fired == lived


# --- properties -----------------------------------------------------------------------------------


def numbers(low, high):
    value = st.integers(low, high)
    span = st.tuples(value, value).filter(lambda pair: pair[0] < pair[1])
    step = st.integers(1, high - low + 1)
    starts = st.integers(low, high - 1)
    item = st.one_of(
        value.map(str),
        span.map("{0[0]}-{0[1]}".format),
        st.builds("{0[0]}-{0[1]}/{1}".format, span, step),
        st.builds("{}/{}".format, starts, step),
        step.map("*/{}".format),
    )
    return st.one_of(st.just("*"), st.lists(item, min_size=1, max_size=3).map(",".join))


EXPRESSION = st.builds(
    "{} {} {} {} {}".format,
    numbers(0, 59),
    numbers(0, 23),
    numbers(1, 31),
    numbers(1, 12),
    numbers(0, 6),
)
CLOCK_CHANGES = st.sampled_from(
    [(zone, change) for zone in ZONES for change in changes_of(zone, FIRST_YEAR, LAST_YEAR)]
)


def readable(expression, zone):
    try:
        return CronSchedule(expression, zone)
    except ValueError as refusal:
        assume("no fire time" not in str(refusal))
        raise


@pytest.mark.fault(33)
@settings(max_examples=150, deadline=None)
@given(st.builds("{} {} * * *".format, numbers(0, 59), numbers(0, 23)) | EXPRESSION, CLOCK_CHANGES)
def test_any_expression_matches_the_slow_walk_around_a_clock_change(expression, change):
    zone, moment = change
    schedule = readable(expression, zone)
    walk = walk_of(zone, moment - timedelta(hours=30), moment + timedelta(hours=30))
    start, end = walk[0][0], walk[-1][0]
    expected = [slot for slot in Oracle(expression).slots(walk) if slot > start]
    assert schedule.slots_between(start, end, 9999) == expected
    following = schedule.next_after(start)
    assert following == expected[0] if expected else following > end


@settings(deadline=None)
@given(EXPRESSION, st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1)))
def test_utc_slots_are_those_of_croniter(expression, wall):
    # croniter takes */2 in a day field for a list, crontab(5) for a star
    assume("/" not in expression.split()[2] and "/" not in expression.split()[4])
    schedule = readable(expression, "UTC")
    moment = wall.replace(tzinfo=UTC)
    reference = croniter(expression, moment, ret_type=datetime)
    for _ in range(3):
        moment = schedule.next_after(moment)
        assert moment == reference.get_next()


@settings(deadline=None)
@given(
    st.builds("{} {}".format, numbers(0, 59), EXPRESSION),
    st.sampled_from(ZONES),
    st.datetimes(datetime(1980, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)),
)
def test_forwards_and_backwards_agree(expression, zone, moment):
    schedule = readable(expression, zone)
    first = schedule.next_after(moment)
    second = schedule.next_after(first)
    assert moment < first < second
    assert schedule.latest_between(moment, first) == first
    assert schedule.latest_between(moment, second - timedelta(microseconds=1)) == first
    assert schedule.next_after(first - timedelta(microseconds=1)) == first
    assert schedule.slots_between(moment, second, 5) == [first, second]
