#include "daemon/cli/manual.hpp"

#include <array>

namespace tocsin::cli {
namespace {

constexpr std::array pages{
    Manual{
        "tocsin", "alerts to incidents to people", "tocsin VERB [OPTIONS]",
        "Tocsin hears alerts, turns them into incidents by configuration item, and pages the\n"
        "people on call until somebody answers. One binary is the daemon (serve) and every tool\n"
        "for it. `tocsin VERB --help` is the manual page of a verb.",
        "tocsin serve --config /etc/tocsin/tocsin.yaml\n"
        "tocsin incident list\n"
        "tocsin send --key disk-full --ci db-7 --severity critical --summary 'Disk is full'"},
    Manual{
        "tocsin serve", "run the daemon",
        "tocsin serve --config FILE [--data DIR] [--journal rocksdb|memory] [--log-level LEVEL]",
        "Opens the store, recovers what was acknowledged, and listens. Runs in the foreground\n"
        "and logs to standard error, one event a line. SIGHUP reads the configuration anew, whole\n"
        "or not at all; SIGTERM and SIGINT stop cleanly, with a last checkpoint.\n\n"
        "A start with a file that has errors says all of them and runs on the configuration that\n"
        "the store remembers; without one it ends. A second daemon on the same store ends with "
        "the\n"
        "process id of the first. After a failed write the process ends with 75, to be started\n"
        "again by its service manager: recovery is the one way back.",
        "tocsin serve --config config/demo.yaml --data ./var\n"
        "tocsin serve --config tocsin.yaml --journal memory"},
    Manual{
        "tocsin check", "validate a configuration",
        "tocsin check [--config FILE] [--map NAME --sample FILE] [--json]",
        "Reads the file and all it includes exactly as the daemon would, says everything that is\n"
        "wrong as FILE:LINE:COLUMN: MESSAGE, and runs the examples that stand beside the rules.\n"
        "Programs in jq are compiled.\n"
        "With --map it goes on to read a sample as the integration NAME would, and prints the\n"
        "alerts and what they would be: CI, severity, category, priority, owner. Nothing is sent.",
        "tocsin check --config /etc/tocsin/tocsin.yaml\n"
        "tocsin check --map shop --sample shop.json"},
    Manual{
        "tocsin test", "run scenarios against a configuration",
        "tocsin test FILE... [--config FILE] [--verbose] [--json]",
        "Plays the scenarios of the files with the daemon's own decisions, in a time of their own\n"
        "and without sending anything: events at their times, and what is expected to follow -\n"
        "incidents, priorities, pages, dispositions. Everything that comes out otherwise is said\n"
        "as FILE:LINE with what was expected and what came. Ends with 0 when all is as expected,\n"
        "1 when something is not, 2 when a file or the configuration cannot be read.",
        "tocsin test --config tocsin.yaml tests/*.yaml\n"
        "tocsin test --config tocsin.yaml --verbose tests/night.yaml"},
    Manual{
        "tocsin replay", "what another configuration would have made of what came in",
        "tocsin replay --config FILE [--against FILE] [--data DIR] [--since DURATION]\n"
        "              [--limit N] [--json|--markdown] [--exit-code]",
        "Feeds the recorded events through the configuration in force and through FILE, in "
        "virtual\n"
        "time, and prints what would differ: incidents merged, split, added or removed, their\n"
        "priorities, categories and groups, who would be paged more or less often, and what would\n"
        "become of events. Nobody is paged and nothing is written. The store is read as it is at\n"
        "the moment, whether a daemon runs on it or not; a copy or a backup will do.\n\n"
        "What it cannot know is listed at the end, first of all what people did. Ends with 0; "
        "with\n"
        "--exit-code 1 means that something differs. 2 means that there is no answer: the file or\n"
        "the store cannot be used.",
        "tocsin replay --config new.yaml --since 7d\n"
        "tocsin replay --config new.yaml --data ./var --markdown > replay.md"},
    Manual{
        "tocsin send", "report an event from a script",
        "tocsin send --key KEY [--ci CI] [--severity S] [--summary TEXT] [--resolve] ...",
        "Sends one event to a hook of the daemon and waits until it is durable. The labels (key,\n"
        "ci and --label) are the identity of the event: send the same ones with --resolve when it\n"
        "is over. Severity, summary and annotations may change from one report to the next.",
        "tocsin send --key backup-failed --ci db-7 --severity error --summary 'Backup failed'\n"
        "tocsin send --key backup-failed --ci db-7 --resolve"},
    Manual{
        "tocsin incident", "look at incidents and act on them",
        "tocsin incident list|show|ack|note|resolve|close|link|adjust|override|categorize|\n"
        "                convert|hold|resume|major ...",
        "Numbers may be written as INC0000012, inc12 or 12. Acting needs a token that is bound to\n"
        "a person ($TOCSIN_TOKEN); what a role may do stands in the documentation.",
        "tocsin incident list\ntocsin incident show 12\ntocsin incident ack 12"},
    Manual{
        "tocsin incident list", "incidents, newest first",
        "tocsin incident list [--state STATE] [--priority P] [--ci CI] [--group G] [--limit N]",
        "STATE is open (the default), all, or any of new, in_progress, on_hold, resolved, closed,\n"
        "cancelled, several with commas. ALERTS is how many fire, of how many.",
        "tocsin incident list --state all --ci db-7"},
    Manual{"tocsin incident show", "the record and the story of one incident",
           "tocsin incident show NUMBER [--json]",
           "The timeline says what happened, who did it, and why.", "tocsin incident show 12"},
    Manual{"tocsin incident ack", "say that you own it",
           "tocsin incident ack NUMBER [--revision N]",
           "Stops the escalation and makes you the owner. Doing it again changes nothing.",
           "tocsin incident ack INC0000012"},
    Manual{"tocsin incident note", "write into the timeline", "tocsin incident note NUMBER TEXT",
           "Adds a line to the story of the incident.",
           "tocsin incident note 12 'Rebooted the switch, watching'"},
    Manual{
        "tocsin incident resolve", "say that the service is back",
        "tocsin incident resolve NUMBER --code CODE [--cause CODE] [--note TEXT]\n"
        "                        [--category CATEGORY] [--force]",
        "For an incident that somebody owns. Asks for a closure code, P1 to P3 for a note of 20\n"
        "characters, P1 and P2 for a cause.\n"
        "While an alert of the incident still fires, --force and a note are needed.",
        "tocsin incident resolve 12 --code fixed_permanent --cause capacity \\\n"
        "    --note 'Moved the logs to a larger disk'"},
    Manual{
        "tocsin incident link", "say that an incident belongs to another one",
        "tocsin incident link NUMBER PARENT|none",
        "The parent speaks for it from there on: nobody is paged for the child. It ends with its\n"
        "parent, or goes on by itself when it still fires then. none: it speaks for itself again.",
        "tocsin incident link 13 12"},
    Manual{"tocsin incident adjust", "say that it hurts more or less, or sooner or later",
           "tocsin incident adjust NUMBER [--impact LEVEL] [--urgency LEVEL] --reason TEXT",
           "Moves what is calculated by one level: -1 is worse, +1 is better, 0 is as calculated.\n"
           "The priority follows at once, and goes on following what is known.",
           "tocsin incident adjust 12 --impact -1 --reason 'the board is watching'"},
    Manual{
        "tocsin incident override", "set its priority, whatever is calculated",
        "tocsin incident override NUMBER PRIORITY [--for DURATION] --reason TEXT",
        "For incident managers. It stays so until the time is over or you say `calculated`; what\n"
        "it would be without you is still calculated, and you are told when that is worse.",
        "tocsin incident override 12 P2 --for 8h --reason 'payroll export runs tonight'"},
    Manual{"tocsin incident categorize", "say what it is about",
           "tocsin incident categorize NUMBER CATEGORY/SUBCATEGORY [--reason TEXT]",
           "Corrects what the rules made of it, or says that it is right: how often it was is\n"
           "counted when it closes. Alerts go on joining by what it was opened as. What is\n"
           "restricted by its new subcategory stays so.",
           "tocsin incident categorize 12 storage/filesystem --reason 'a full disk, no database'"},
    Manual{"tocsin incident convert", "it is a request, and nothing is broken",
           "tocsin incident convert NUMBER [--note TEXT]",
           "Opens a service request with its words, and resolves it with the code\n"
           "converted_to_request. Nothing may fire in it. For the service desk, and for incident\n"
           "managers, who alone convert a P1 or P2. The other way: tocsin request convert.",
           "tocsin incident convert 12 --note 'a question, not an outage'"},
    Manual{"tocsin incident close", "agree that it is complete",
           "tocsin incident close NUMBER [--reason TEXT]",
           "A resolved incident is closed; closed is final. A major incident is closed by its\n"
           "manager only, with a reason why nobody reviews it.",
           "tocsin incident close 12"},
    Manual{
        "tocsin incident hold", "it waits for somebody or something",
        "tocsin incident hold NUMBER --reason REASON --note TEXT [--until TIME] [--ref NUMBER]\n"
        "            [--question TEXT]",
        "For an incident that somebody owns. REASON is awaiting_caller (asks for --question),\n"
        "awaiting_vendor, awaiting_change or awaiting_problem (ask for --ref), awaiting_window or\n"
        "customer_deferred (ask for --until), or observing_fix. TIME is a time, or a duration "
        "from\n"
        "now; without one it waits as long as it may. It goes on by itself then, when the caller\n"
        "answers, and when something new or worse fires in it. An incident whose caller has not\n"
        "answered after five business days is resolved.",
        "tocsin incident hold 12 --reason awaiting_change --ref CHG-9 --note 'new disk is "
        "ordered'\n"
        "tocsin incident hold 13 --reason awaiting_caller --until 2h --note 'asked ruth' \\\n"
        "    --question 'Which browser do you use?'"},
    Manual{"tocsin incident resume", "go on with what was on hold",
           "tocsin incident resume NUMBER [--revision N]",
           "It is in progress again, and its clock of resolution goes on.",
           "tocsin incident resume 12"},
    Manual{"tocsin incident major", "say whether it is a major incident",
           "tocsin incident major propose|accept|reject|demote NUMBER ...",
           "Rules propose candidates where the configuration names a major_incident_manager. A\n"
           "candidate that nobody decides about is a major incident after 10 minutes.",
           "tocsin incident major accept 12 --impact 'nobody can pay'\n"
           "tocsin incident major reject 12 --reason 'only the test shop'"},
    Manual{"tocsin incident major propose", "somebody should decide whether it is one",
           "tocsin incident major propose NUMBER --reason TEXT",
           "Pages the major incident managers on duty. For whoever works on incidents.",
           "tocsin incident major propose 12 --reason 'the whole floor is offline'"},
    Manual{"tocsin incident major accept", "it is one, and you lead it",
           "tocsin incident major accept NUMBER --impact TEXT [--reason TEXT]",
           "For incident managers and major incident managers; also what nobody has proposed. It\n"
           "is not put on hold from there on, and neither resolved nor closed by itself.",
           "tocsin incident major accept 12 --impact 'nobody can pay'"},
    Manual{"tocsin incident major reject", "it is none",
           "tocsin incident major reject NUMBER --reason TEXT",
           "The incident stays as it is, and is a candidate again only for another reason.",
           "tocsin incident major reject 12 --reason 'only the test shop'"},
    Manual{"tocsin incident major demote", "it is none any more",
           "tocsin incident major demote NUMBER --reason TEXT",
           "Until it is resolved; for major incident managers.",
           "tocsin incident major demote 12 --reason 'the spare took over after a minute'"},
    Manual{
        "tocsin explain", "why it came out so, and why nobody was paged",
        "tocsin explain INC0000012 | FILE [--from NAME | --syslog] [--json]",
        "Of an incident: every step of its story with the rule it rests on, what it does next if\n"
        "nobody answers, and why nobody is paged if nobody is. Of a file with an event: what "
        "would\n"
        "become of it now - how it is read, its CI, severity, category and owner, what it would\n"
        "join and what was asked in vain before, its priority with its terms, and who would be\n"
        "woken when. Nothing is sent, written or counted by asking.\n\n"
        "Below each line stands what changes it: the file and line of the rule, CI, pool, group,\n"
        "step or window, or the key that overrides a default. The event is our own JSON, as\n"
        "tocsin send makes it, or with --from what the sender of that integration posts.",
        "tocsin explain INC0000012\n"
        "echo '{\"key\": \"disk-full\", \"ci\": \"db-7\"}' | tocsin explain -\n"
        "tocsin explain webhook.json --from alertmanager"},
    Manual{
        "tocsin silence", "keep alerts from paging for a while",
        "tocsin silence add|list|expire ...",
        "What a silence fits opens incidents as ever and pages nobody; what still fires when it\n"
        "ends pages then. All-clears of what was paged are always sent. Acting needs a token.",
        "tocsin silence add 'ci=db-7' --for 2h --comment 'disk swap' --preview\n"
        "tocsin silence list"},
    Manual{
        "tocsin silence add", "make one, or change it",
        "tocsin silence add MATCHER... --for DURATION | --until TIME --comment TEXT [--preview]",
        "A matcher is LABEL=VALUE, LABEL!=VALUE, LABEL=~REGEX or LABEL!~REGEX, as in Prometheus;\n"
        "all of them must fit. First says what fits now, then makes the silence and prints its\n"
        "id; with --preview it makes none. Longer than four hours is for group leads and incident\n"
        "managers. With --id and the same matchers that one gets another end or comment; with\n"
        "other matchers it is replaced by a new one.",
        "tocsin silence add 'alertname=~\"Disk.*\"' 'ci=db-7' --for 90m --comment 'disk swap'"},
    Manual{"tocsin silence list", "those that are active or to come",
           "tocsin silence list [--all] [--json]",
           "With --all also those that were over in the last five days.", "tocsin silence list"},
    Manual{"tocsin silence expire", "end one now", "tocsin silence expire ID...",
           "Whatever it kept quiet and still fires is paged at once.",
           "tocsin silence expire 6b1f9f0e-4a5c-4d3e-8f7a-0b1c2d3e4f50"},
    Manual{"tocsin maintenance", "planned work: what breaks in it is no incident",
           "tocsin maintenance add|list|end ...",
           "An alert that begins inside a window waits for its end and is new then. Windows that\n"
           "come again and again are in the configuration. Acting needs a token.",
           "tocsin maintenance add db-7 --for 2h --reason 'disk swap' --change CHG-17\n"
           "tocsin maintenance list"},
    Manual{
        "tocsin maintenance add", "plan a window",
        "tocsin maintenance add [CI...] --for DURATION | --until TIME --reason TEXT\n"
        "       [--from TIME] [--match MATCHER] [--dependents] [--owner NAME] [--change NUMBER]",
        "Covers the CIs, with --dependents also what hard-depends on them now; with --match only\n"
        "what fits that, too. Without a CI, what fits --match. With --change it is the approved\n"
        "window of that change. Prints its id.",
        "tocsin maintenance add web-7 web-8 --from 2026-12-24T22:00:00Z --for 1h \\\n"
        "    --reason 'kernel update' --change CHG-17"},
    Manual{"tocsin maintenance list", "windows that are open or to come",
           "tocsin maintenance list [--all] [--json]",
           "Those that people made and those of the configuration, with their next times. With\n"
           "--all also those that were over in the last five days.",
           "tocsin maintenance list"},
    Manual{"tocsin maintenance end", "end one now", "tocsin maintenance end ID...",
           "What it suppressed and still fires is new at once. A window of the configuration ends\n"
           "there.",
           "tocsin maintenance end 6b1f9f0e-4a5c-4d3e-8f7a-0b1c2d3e4f50"},
    Manual{"tocsin heartbeat", "what is expected to be heard of again and again",
           "tocsin heartbeat list|ping ...",
           "A heartbeat of the configuration that is silent for too long opens an incident.",
           "tocsin heartbeat list\n"
           "tocsin heartbeat ping nightly-backup"},
    Manual{"tocsin heartbeat list", "each with its state, and when it is due",
           "tocsin heartbeat list [--json]",
           "waiting: no sign of life came yet. alive: it is due then at the latest. missed: it is\n"
           "silent, and an alert says so.",
           "tocsin heartbeat list"},
    Manual{"tocsin heartbeat ping", "say that something lives",
           "tocsin heartbeat ping NAME... [--json]",
           "For the end of a job that went well. Ends with 1 when the configuration expects no\n"
           "such heartbeat. Needs the token of an event source or of an integration, but on the\n"
           "machine of the daemon.",
           "pg_dump shop > shop.sql && tocsin heartbeat ping nightly-backup"},
    Manual{"tocsin report", "say that something is broken, or ask for something",
           "tocsin report incident|request ...", "What people see and no monitoring does.",
           "tocsin report incident --ci svc-pay \"payments page shows error 500\"\n"
           "tocsin report request \"how do I export a report?\""},
    Manual{"tocsin report incident", "something is broken",
           "tocsin report incident TEXT [--ci CI] [--reporter NAME] [--via WAY]\n"
           "                       [--incident NUMBER] [--json]",
           "When an incident of that CI is open, or of what it depends on, the report joins it:\n"
           "you are told its number and become one of its watchers, and nobody is paged again.\n"
           "Else it opens one. The same words again within five minutes are the same report.\n"
           "--incident: you reported that one, and answer what you were asked.\n"
           "Needs a token of a requester, the service desk or an engineer, among others.",
           "tocsin report incident --ci svc-pay \"payments page shows error 500\""},
    Manual{"tocsin report request", "you want something, and nothing is broken",
           "tocsin report request TEXT [--ci CI] [--reporter NAME] [--via WAY] [--json]",
           "Gives the number of a service request, and pages nobody: see tocsin request.",
           "tocsin report request \"a new password for u123\" --reporter u123 --via phone"},
    Manual{"tocsin request", "what somebody asks for, where nothing is broken",
           "tocsin request list|show|take|done|convert ...",
           "A service request has a number, REQ0000001, and waits in this list until somebody\n"
           "takes it. It pages nobody.",
           "tocsin request list\n"
           "tocsin request take REQ0000012"},
    Manual{"tocsin request list", "what waits, the newest first",
           "tocsin request list [--state STATE] [--limit N] [--json]",
           "open: nobody has it. handed_over: a person took it. done: it is. waiting: open and\n"
           "handed over.",
           "tocsin request list --state open"},
    Manual{"tocsin request show", "one of them", "tocsin request show NUMBER [--json]", "",
           "tocsin request show REQ0000012"},
    Manual{"tocsin request take", "it is yours from here on", "tocsin request take NUMBER [--json]",
           "Also when somebody else had it. Needs a token of the service desk, an engineer, a\n"
           "group lead or an incident manager.",
           "tocsin request take REQ0000012"},
    Manual{"tocsin request done", "it is done", "tocsin request done NUMBER [--note TEXT] [--json]",
           "It is kept for 30 days more, or as store.retention.requests says.",
           "tocsin request done REQ0000012 --note \"sent a new password by letter\""},
    Manual{"tocsin request convert", "it is an incident: something is broken",
           "tocsin request convert NUMBER [--json]",
           "Its words become a report, which joins the incident that is open there or opens one;\n"
           "the request is done. The other way: tocsin incident convert.",
           "tocsin request convert REQ0000012"},
    Manual{"tocsin ci", "the inventory, as the daemon knows it", "tocsin ci list|import ...",
           "CIs stand in the files of the configuration, or are imported, or were discovered:\n"
           "alerts name them and nobody listed them.",
           "tocsin ci list --origin discovered\n"
           "tocsin ci import inventory.csv --dry-run"},
    Manual{"tocsin ci list", "which CIs there are",
           "tocsin ci list [--origin ORIGIN] [--limit NUMBER] [--json]",
           "Without --origin, those of the files and those that were imported.",
           "tocsin ci list --origin imported"},
    Manual{"tocsin ci import", "another imported inventory instead of the one before",
           "tocsin ci import FILE [--dry-run] [--json]",
           "Prints what changes: + added, - removed, ~ changed and in which keys. With a mistake,\n"
           "told with its line and column, nothing changes. CIs of the files are not touched.\n"
           "Needs a token of an administrator.",
           "tocsin ci import inventory.csv"},
    Manual{"tocsin drill", "a real test page by the real way",
           "tocsin drill PERSON|CHANNEL [--wait SECONDS] [--json]",
           "Pages every channel of the person, or the channel, with a text that says DRILL, and "
           "waits\n"
           "for what the channels answer. Ends with 0 only when each of them took the page. No\n"
           "incident is opened, nothing escalates. A name that is both is written person:NAME or\n"
           "channel:NAME.",
           "tocsin drill bob\ntocsin drill channel:sms --wait 120"},
    Manual{
        "tocsin status", "how the daemon is", "tocsin status [--json]",
        "Whether it is ready, and if not, why; how many incidents wait for an answer; where its\n"
        "log stands. Ends with 1 when it is not ready.",
        "tocsin status"},
    Manual{"tocsin resume", "let a restored store page again", "tocsin resume [--json]",
           "A store that was restored from a backup hears alerts and pages nobody until somebody\n"
           "has looked at what it holds. This ends that: steps that came due are taken, once for\n"
           "each incident, and pages that wait are sent. Needs a token of an administrator or an\n"
           "incident manager. A drill goes out before: it tries the channels.",
           "tocsin status\ntocsin drill bob\ntocsin resume"},
    Manual{
        "tocsin backup", "copies of the store to go back to",
        "tocsin backup create|verify|restore ...",
        "A backup is one moment of a store in a folder, with a manifest against which all of it\n"
        "can be checked.",
        ""},
    Manual{"tocsin backup create", "make a backup of the running daemon's store",
           "tocsin backup create DIR [--json]",
           "The daemon writes it, on its own machine and as its own user; DIR must not exist. It\n"
           "works under load, and is there whole or not at all. Needs a token of an administrator.",
           "tocsin backup create /var/backups/tocsin/$(date +%F)"},
    Manual{"tocsin backup verify", "prove that a backup is whole",
           "tocsin backup verify DIR [--json]",
           "Reads every byte, folds the log onto the checkpoint, and compares the state with what\n"
           "the daemon knew when it made the backup. Needs no daemon and writes nothing.",
           "tocsin backup verify /var/backups/tocsin/2026-06-09"},
    Manual{"tocsin backup restore", "make a new store of a backup",
           "tocsin backup restore DIR --to STORE [--json]",
           "Checks all that verify checks while it copies. STORE must not exist; it gets its name\n"
           "only when it is whole. A daemon that is started on it hears alerts and pages nobody\n"
           "until somebody calls `tocsin resume`.",
           "sudo systemctl stop tocsin\n"
           "sudo mv /var/lib/tocsin /var/lib/tocsin.lost\n"
           "sudo tocsin backup restore /var/backups/tocsin/2026-06-09 --to /var/lib/tocsin\n"
           "sudo chown -R tocsin:tocsin /var/lib/tocsin\n"
           "sudo systemctl start tocsin"},
    Manual{"tocsin token", "make secrets for people and programs",
           "tocsin token new --person P --roles R[,R...]", "", ""},
    Manual{"tocsin token new", "make a token",
           "tocsin token new --person PERSON --roles ROLE[,ROLE...] [--name NAME]",
           "Prints a fresh token once, and the hash to configure. Nothing is stored: the daemon "
           "knows\n"
           "hashes only, and a token that was lost is replaced by a new one.",
           "tocsin token new --person bob --roles engineer"},
    Manual{"tocsin journal", "look into the store",
           "tocsin journal verify|dump|digest|confirm-loss", "", ""},
    Manual{
        "tocsin journal digest", "one number for all that a store knew at a frame",
        "tocsin journal digest [--data DIR] [--at SEQ] [--json]",
        "Folds the log up to that frame. A backup of this frame has the same digest. Before the\n"
        "last checkpoint it needs the log from its first frame on. The daemon must not run.",
        "tocsin journal digest --data ./var --at 1200"},
    Manual{
        "tocsin journal verify", "prove that a store is whole",
        "tocsin journal verify [--data DIR]",
        "Reads the checkpoint against its marker, the log frame by frame along its chain, folds\n"
        "the one onto the other and asks every law of the state. The daemon must not run: the "
        "lock\n"
        "is taken, and a torn tail is repaired as a start would.",
        "tocsin journal verify --data /var/lib/tocsin"},
    Manual{"tocsin journal dump", "print the log",
           "tocsin journal dump [--data DIR] [--from SEQ] [--limit N] [--json]",
           "Every frame and every fact in it, oldest first. The daemon must not run.",
           "tocsin journal dump --data ./var --from 1200 | less"},
    Manual{"tocsin journal confirm-loss", "acknowledge that history was lost",
           "tocsin journal confirm-loss",
           "After acknowledged frames were lost the daemon runs, pages and stays not ready until\n"
           "somebody confirms it. This talks to the running daemon.",
           "tocsin journal confirm-loss"},
};

constexpr Manual unwritten{};

}  // namespace

const Manual& manual(std::string_view command) {
  for (const Manual& page : pages)
    if (page.command == command) return page;
  return unwritten;
}

const std::string_view manual_client_environment =
    "TOCSIN_URL    the daemon, http://127.0.0.1:9966 unless set\n"
    "TOCSIN_TOKEN  a secret of `tokens:` in its configuration\n"
    "TOCSIN_CA_FILE  the CAs to believe, instead of the system's, when its URL is https\n"
    "TOCSIN_CERT_FILE, TOCSIN_KEY_FILE  shown to a daemon that asks for a certificate";
const std::string_view manual_serve_environment =
    "TOCSIN_DEMO    1: say at the start what to try\n"
    "NOTIFY_SOCKET  set by systemd: ready, reloading, stopping and watchdog are told";
const std::string_view manual_exit_status =
    "0   done\n"
    "1   the answer is no: a check failed, nothing was found, the daemon cannot start\n"
    "2   the command line cannot be understood\n"
    "69  the daemon cannot be reached, or is too busy\n"
    "75  a write failed (serve only); start it again\n"
    "77  not permitted";

}  // namespace tocsin::cli
