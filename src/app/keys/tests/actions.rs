//! Every action by its keys or its command: the state before, what is pressed, what holds after.
//!
//! What holds is told by lines of a portrait of the state: `open=carla` is one of them, `note~nothing`
//! stands in one, `layout!` is another than before. All must hold after, and one of them did not before.

use std::fmt::Write as _;

use super::*;
use crate::app::sample::sample_with_rooms;
use crate::app::{Effect, Effects};
use crate::model::{AccountId, Conversation, SignInPhase, WaitReason};

/// Name of the action; state; keys that lead to where it is pressed; keys; what holds after.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

const ROWS: &[&[Row]] = &[EVERYWHERE, PANES, NOTICES, LIST, MESSAGES, WRITING, VIM, ON_TOP, REQUESTS, BOARD];

const EVERYWHERE: &[Row] = &[
    ("help", "", "", "<f1>", "over=Help"),
    ("palette", "", "", "<C-k>", "over=Palette typed= marked=0"),
    ("palette.commands", "", "", "<C-x><C-x>", "over=Palette typed=/ marked=0"),
    ("menu", "", "", "<f9>", "over=Menu Pane marked=0"),
    ("chat.next-unread", "", "", "<C-x>a", "open=carla; unread=0"),
    ("chat.last", "", "<C-n>", "<C-x>/", "open=bob"),
    ("chat.next", "", "", "<C-n>", "open=carla; focus=Composer"),
    ("chat.previous", "", "<C-n>", "<C-p>", "open=bob; focus=Composer"),
    ("chat.1", "many", "<C-n>", "<C-x>g1", "open=bob"),
    ("chat.2", "many", "", "<C-x>g2", "open=carla"),
    ("chat.3", "many", "", "<C-x>g3", "open=dmitri"),
    ("chat.4", "many", "", "<C-x>g4", "open=erik"),
    ("chat.5", "many", "", "<C-x>g5", "open=grace"),
    ("chat.6", "many", "", "<C-x>g6", "open=hiro"),
    ("chat.7", "many", "", "<C-x>g7", "open=jo"),
    ("chat.8", "many", "", "<C-x>g8", "open=shira"),
    ("chat.9", "many", "", "<C-x>g9", "open=ines"),
    ("chat.10", "many", "", "<C-x>g0", "open=kim"),
    ("chat.close", "empty", "", "/close<ret>", "open=-; focus=Roster"),
    ("chat.invite", "room", "", "<alt-i>", "over=Invite typed= marked=0"),
    ("file.send", "empty", "", "/send ~/a b.txt<ret>", "does~Open(\"~/a b.txt\")"),
    ("file.accept", "file", "", "<C-x>y", "does~Accept"),
    ("file.decline", "file", "", "<C-x>n", "does~Cancel"),
    ("file.view", "pictures", "", "<C-x>i", "over=Picture r1; does~View"),
    ("chat.who", "room", "<C-u>", "/who<ret>", "note~Bob Stone"),
    ("chat.leave", "room", "<C-u>", "/leave<ret>", "does~Leave"),
    ("message.look", "", "", "<f4>", "over=Ask Look typed="),
    ("messages.select", "", "", "<C-s>", "focus=Messages; message=6"),
    ("search", "", "", "<C-f>", "search=typed"),
    ("search.everywhere", "empty", "", "/search alert<ret>", "over=History typed=alert hits=1"),
    ("links", "", "", "<C-o>", "hinting=yes"),
    ("focus.next", "list", "", "<tab>", "focus=Composer"),
    ("focus.previous", "list", "", "<S-tab>", "focus=Messages"),
    ("view.roster", "", "", "<f2>", "hidden=roster"),
    ("view.details", "wide", "", "<f3>", "hidden=details"),
    ("view.account", "two accounts", "", "<C-x>c", "one=work"),
    ("view.accounts", "two accounts", "<C-u>", "/accounts<ret>", "apart!"),
    ("view.mouse", "", "", "<f8>", "mouse!"),
    ("view.theme", "empty", "", "/theme dark<ret>", "does~Theme(Some(\"dark\"))"),
    ("view.redraw", "", "", "<C-l>", "does=Redraw"),
    ("status.menu", "", "", "<f5>", "over=Status marked=0 writing=false"),
    ("board", "", "", "<f7>", "board=shown"),
    ("status.online", "busy", "<C-u>", "/online here again<ret>", "own=Online here again; does~SetPresence"),
    ("status.busy", "empty", "", "/busy<ret>", "own=Busy; does~SetPresence"),
    ("status.away", "empty", "", "/away lunch<ret>", "own=Away lunch; does~SetPresence"),
    ("status.brb", "empty", "", "/brb<ret>", "own=BeRightBack"),
    ("status.phone", "empty", "", "/phone<ret>", "own=OnThePhone"),
    ("status.lunch", "empty", "", "/lunch<ret>", "own=OutToLunch"),
    ("status.invisible", "empty", "", "/invisible<ret>", "own=Offline"),
    ("status.set", "empty", "", "/status busy in a meeting<ret>", "own=Busy in a meeting"),
    ("status.note", "empty", "", "/note back at two<ret>", "own=Online back at two"),
    ("account.sign-in", "off", "", "/connect<ret>", "does~SignIn"),
    ("account.sign-out", "empty", "", "/disconnect<ret>", "does~SignOut"),
    ("account.retry", "waiting", "", "<alt-r>", "does~RetryNow"),
    ("account.password", "empty", "", "/password<ret>", "over=Password letters=0"),
    ("request.answer", "asked", "", "<C-x>r", "answering=0"),
    ("back", "", "<C-k>", "<esc>", "over=-; draft=looks good, the alert is g|"),
    ("interrupt", "", "", "<C-c>", "draft=|"),
    ("suspend", "", "", "<C-z>", "does=Suspend"),
    ("screen.lock", "", "", "<C-x><C-l>", "note~can be locked only"),
    ("quit", "empty", "", "<C-q>", "does=Quit"),
    ("settings", "settings", "", "<f10>", "over=Settings typed= marked=0"),
    ("settings.set", "settings", "", "/set ui.mouse false<ret>", "does~Set("),
    ("settings.reload", "settings", "", "/reload<ret>", "does=Reload"),
    ("policies", "", "", "<C-x>p", "over=Policies typed= marked=0 all=false"),
    ("policies.all", "", "<C-x>p", "<C-x>l", "over=Policies typed= marked=0 all=true"),
    ("settings.default", "settings", "<f10>ui.mouse", "<C-x>d", "does~value: None"),
];

const PANES: &[Row] = &[
    ("pane.split-below", "", "", "<C-x>2", "panes=bob,bob*; layout~Below"),
    ("pane.split-beside", "", "", "<C-x>3", "panes=bob,bob*; layout~Beside"),
    ("pane.close", "beside", "", "<C-x>0", "panes=bob*"),
    ("pane.only", "beside", "", "<C-x>1", "panes=carla*"),
    ("pane.zoom", "beside", "", "<C-x>z", "zoomed=true"),
    ("pane.next", "beside", "", "<C-x>o", "panes=bob*,carla"),
    ("pane.previous", "beside", "", "<C-x>O", "panes=bob*,carla"),
    ("pane.left", "beside", "", "<C-x><left>", "panes=bob*,carla"),
    ("pane.right", "beside", "<C-x>o", "<C-x><right>", "panes=bob,carla*"),
    ("pane.up", "below", "", "<C-x><up>", "panes=bob*,carla"),
    ("pane.down", "below", "<C-x>o", "<C-x><down>", "panes=bob,carla*"),
    ("pane.move-left", "beside", "", "<C-x>m<left>", "panes=carla*,bob"),
    ("pane.move-right", "beside", "<C-x>o", "<C-x>m<right>", "panes=carla,bob*"),
    ("pane.move-up", "below", "", "<C-x>m<up>", "panes=carla*,bob"),
    ("pane.move-down", "below", "<C-x>o", "<C-x>m<down>", "panes=carla,bob*"),
    ("pane.border-left", "beside", "", "<C-x>{", "layout~share: 450"),
    ("pane.border-right", "beside", "", "<C-x>}", "layout~share: 550"),
    ("pane.border-up", "below", "", "<C-x>^", "layout~share: 450"),
    ("pane.border-down", "below", "", "<C-x>v", "layout~share: 550"),
    ("pane.even", "beside", "<C-x>}", "<C-x>+", "layout~share: 500"),
    ("place.back", "", "<C-n>", "<C-x>[", "open=bob"),
    ("place.forward", "", "<C-n><C-x>[", "<C-x>]", "open=carla"),
];

const NOTICES: &[Row] = &[
    ("notify.rule", "empty", "", "/notify mention<ret>", "rule=Mention"),
    ("notify.mute", "empty", "", "/mute<ret>", "rule=None"),
    ("notify.unmute", "empty", "/mute<ret>", "/unmute<ret>", "rule=-"),
    ("notify.test", "empty", "<C-k>/try how", "<ret>", "does~Notify"),
    ("notify.toggle", "list", "", "m", "rule=None"),
];

const LIST: &[Row] = &[
    ("roster.up", "list", "j", "k", "row=bob"),
    ("roster.down", "list", "", "j", "row=carla"),
    ("roster.page-up", "list", "G", "<pgup>", "row!"),
    ("roster.page-down", "list", "", "<pgdown>", "row!"),
    ("roster.top", "list", "", "g", "row=Asking to see you"),
    ("roster.bottom", "list", "", "G", "row=lee"),
    ("contact.open", "list", "j", "<ret>", "open=carla; focus=Composer"),
    ("roster.fold", "list", "", "h", "folded=Ops on call"),
    ("roster.unfold", "list", "h", "l", "folded="),
    ("roster.filter", "list", "", "/car", "filter=car; rows=2"),
    ("roster.online", "list", "", "o", "online=true; rows!"),
    ("roster.unread", "list", "", "u", "unread_only=true; rows!"),
    ("roster.help", "list", "", "?", "over=Help"),
    ("contact.add", "list", "", "a", "over=Find typed="),
    ("contact.find", "empty", "", "/find bob<ret>", "over=Find typed=bob; does~Search"),
    ("contact.rename", "list", "", "e", "over=Ask Rename typed=Bob Stone"),
    ("contact.groups", "list", "", "M", "over=Ask Groups typed=Ops on call"),
    ("group.new", "list", "", "n", "over=Ask NewGroup typed="),
    ("contact.remove", "list", "", "d", "over=Confirm Remove"),
    ("contact.block", "list", "", "b", "over=Confirm Block"),
    ("contact.allow", "list", "", "A", "does~access: Allow"),
    ("roster.narrower", "list", "", "[", "width!"),
    ("roster.wider", "list", "", "]", "width!"),
    ("contact.pin", "list", "", "p", "pinned=bob"),
    ("contact.alert", "empty", "", "/alert kim online<ret>", "note~Kim"),
    ("contact.alerts", "empty", "/alert kim online<ret>", "/alerts<ret>", "over=Alerts marked=0"),
];

const MESSAGES: &[Row] = &[
    ("message.to", "empty", "", "/msg carla hello<ret>", "open=carla; does~SendText"),
    ("messages.up", "messages", "", "k", "message=5"),
    ("messages.down", "messages", "k", "j", "message=6"),
    ("messages.page-up", "messages", "", "<pgup>", "pages=-1"),
    ("messages.page-down", "messages", "<home>", "<space>", "pages=1"),
    ("messages.top", "messages", "", "g", "message=0"),
    ("messages.bottom", "messages", "g", "G", "message=6"),
    ("messages.row-up", "messages", "", "<S-up>", "scrolled=-1"),
    ("messages.row-down", "messages", "<home>", "<S-down>", "scrolled=1"),
    ("message.accept", "messages", "", "<ret>", "over=Letter 6"),
    ("message.copy", "messages", "", "y", "does=Copy(\"can you check the alert cleared?\")"),
    ("message.copy-whole", "messages", "", "Y", "does~Bob Stone"),
    ("message.reply", "messages", "", "r", "draft~> can you check the alert cleared?; focus=Composer"),
    ("message.open-link", "messages", "kkk", "o", "hinting=yes; message=3"),
    ("message.details", "messages", "", "i", "over=Letter 6"),
    ("message.resend-this", "messages", "kk", "R", "does~SendText"),
    ("message.unread", "messages", "k", "u", "unread=2"),
    ("messages.write", "messages", "", "c", "focus=Composer"),
    ("messages.search", "messages", "", "/", "search=typed"),
    ("search.next", "messages", "/e<ret>", "n", "message!"),
    ("search.previous", "messages", "/e<ret>n", "N", "message!"),
    ("message.pick-link", "messages", "kkk", "f", "hinting=yes"),
    ("message.resend", "empty", "", "/resend<ret>", "does~SendText"),
    ("messages.help", "messages", "", "?", "over=Help"),
];

const WRITING: &[Row] = &[
    ("message.send", "", "", "<ret>", "draft=|; does~looks good, the alert is g"),
    ("edit.newline", "empty", "one", "<C-j>two", "draft=one\\ntwo|"),
    ("edit.complete", "empty", "/invit", "<tab>", "draft=/invite |"),
    ("edit.complete-back", "empty", "", "<S-tab>", "focus=Roster"),
    ("messages.back", "", "", "<pgup>", "pages=-1; focus=Composer"),
    ("messages.on", "", "<pgup><pgup>", "<pgdown>", "pages=-1"),
    ("messages.row-back", "", "", "<S-up>", "scrolled=-1"),
    ("messages.row-on", "", "<S-up><S-up>", "<S-down>", "scrolled=-1"),
    ("messages.end", "", "<pgup>", "<C-end>", "place=end"),
    ("edit.left", "empty", "one", "<left>", "draft=on|e"),
    ("edit.right", "empty", "one<left><left>", "<right>", "draft=on|e"),
    ("edit.up", "empty", "one<C-j>two", "<up>", "draft=one|\\ntwo"),
    ("edit.down", "empty", "one<C-j>two<up>", "<down>", "draft=one\\ntwo|"),
    ("edit.word-left", "empty", "one two", "<C-left>", "draft=one |two"),
    ("edit.word-right", "empty", "one two<C-a>", "<C-right>", "draft=one| two"),
    ("edit.home", "empty", "one two", "<C-a>", "draft=|one two"),
    ("edit.end", "empty", "one two<C-a>", "<C-e>", "draft=one two|"),
    ("edit.backspace", "empty", "one", "<bs>", "draft=on|"),
    ("edit.delete", "empty", "one<C-a>", "<C-d>", "draft=|ne"),
    ("edit.cut-word", "empty", "one two", "<C-w>", "draft=one |"),
    ("edit.cut-word-right", "empty", "one two<C-a>", "<C-del>", "draft=| two"),
    ("edit.cut-to-start", "empty", "one two<left>", "<C-u>", "draft=|o"),
    ("edit.cut-to-end", "empty", "one two<C-a>", "<C-x><C-k>", "draft=|"),
    ("edit.paste-cut", "empty", "one two<C-w>", "<C-y><C-y>", "draft=one twotwo|"),
    ("edit.paste-other", "empty", "one two<C-w><left><C-u><C-y>", "<alt-y>", "draft=two| "),
    ("edit.transpose", "empty", "oen<left>", "<C-t>", "draft=one|"),
    ("edit.undo", "empty", "one two<C-w>", "<C-/>", "draft=one two|"),
    ("edit.redo", "empty", "one two<C-w><C-/>", "<C-x>@z", "draft=one |"),
    ("sent.older", "empty", "one<ret>two<ret>", "<C-up>", "draft=two|"),
    ("sent.newer", "empty", "one<ret>two<ret><C-up><C-up>", "<C-down>", "draft=two|"),
    ("sent.search", "empty", "one<ret>", "<C-r>", "over=Sent typed= marked=0"),
    ("sent.search-on", "empty", "one<ret>two<ret><C-r>", "<C-r>", "over=Sent typed= marked=1"),
    ("edit.external", "", "", "<C-x><C-e>", "does=Edit(\"looks good, the alert is g\")"),
    ("message.me", "empty", "", "/me waves<ret>", "does~* alice waves"),
    ("message.unsend", "off", "one<ret>", "/unsend<ret>", "does~Withdraw"),
];

const VIM: &[Row] = &[
    ("vim.normal", "vim", "one", "<esc>", "mode=Normal; draft=on|e"),
    ("vim.left", "vim", "one<esc>", "h", "draft=o|ne"),
    ("vim.right", "vim", "one<esc>0", "l", "draft=o|ne"),
    ("vim.down", "vim", "one<C-j>two<esc>gg", "j", "draft=one\\n|two"),
    ("vim.up", "vim", "one<C-j>two<esc>0", "k", "draft=|one\\ntwo"),
    ("vim.word", "vim", "one two<esc>0", "w", "draft=one |two"),
    ("vim.back", "vim", "one two<esc>", "b", "draft=one |two"),
    ("vim.word-end", "vim", "one two<esc>0", "e", "draft=on|e two"),
    ("vim.home", "vim", "one<esc>", "<home>", "draft=|one"),
    ("vim.first", "vim", "<space><space>one<esc>", "^", "draft=  |one"),
    ("vim.end", "vim", "one<esc>0", "$", "draft=on|e"),
    ("vim.top", "vim", "one<C-j>two<esc>", "gg", "draft=|one\\ntwo"),
    ("vim.bottom", "vim", "one<C-j>two<esc>gg", "G", "draft=one\\n|two"),
    ("vim.find", "vim", "one two<esc>0", "ft", "draft=one |two"),
    ("vim.find-back", "vim", "one two<esc>", "Fn", "draft=o|ne two"),
    ("vim.till", "vim", "one two<esc>0", "tt", "draft=one| two"),
    ("vim.till-back", "vim", "one two<esc>", "Tn", "draft=on|e two"),
    ("vim.find-again", "vim", "a.b.c<esc>0f.", ";", "draft=a.b|.c"),
    ("vim.find-other-way", "vim", "a.b.c<esc>0f.;", ",", "draft=a|.b.c"),
    ("vim.insert", "vim", "one<esc>", "i", "mode=Insert; draft=on|e"),
    ("vim.append", "vim", "one<esc>", "a", "mode=Insert; draft=one|"),
    ("vim.insert-start", "vim", "one<esc>", "I", "mode=Insert; draft=|one"),
    ("vim.append-end", "vim", "one<esc>0", "A", "mode=Insert; draft=one|"),
    ("vim.open-below", "vim", "one<esc>", "otwo", "draft=one\\ntwo|"),
    ("vim.open-above", "vim", "one<esc>", "Otwo", "draft=two|\\none"),
    ("vim.delete", "vim", "one two<esc>0", "dw", "draft=|two"),
    ("vim.change", "vim", "one two<esc>0", "cwand", "draft=and| two; mode=Insert"),
    ("vim.yank", "vim", "one two<esc>0", "ywP", "draft=one| one two"),
    ("vim.delete-end", "vim", "one two<esc>b", "D", "draft=one| "),
    ("vim.change-end", "vim", "one two<esc>b", "C", "draft=one |; mode=Insert"),
    ("vim.yank-line", "vim", "one two<esc>b", "Y0P", "draft=tw|oone two"),
    ("vim.cut", "vim", "one<esc>", "x", "draft=o|n"),
    ("vim.cut-before", "vim", "one<esc>", "X", "draft=o|e"),
    ("vim.substitute", "vim", "one<esc>", "s", "draft=on|; mode=Insert"),
    ("vim.put", "vim", "one<esc>0x", "p", "draft=n|oe"),
    ("vim.put-before", "vim", "one<esc>x", "P", "draft=o|en"),
    ("vim.replace", "vim", "one<esc>0", "ra", "draft=|ane"),
    ("vim.join", "vim", "one<C-j>two<esc>gg", "J", "draft=one| two"),
    ("vim.undo", "vim", "one<esc>x", "u", "draft=on|e"),
    ("vim.redo", "vim", "one<esc>xu", "<C-r>", "draft=o|n"),
    ("vim.0", "vim", "one<esc>", "0", "draft=|one"),
    ("vim.1", "vim", "a b c d e f g h i j<esc>0", "1w", "draft=a |b c d e f g h i j"),
    ("vim.2", "vim", "a b c d e f g h i j<esc>0", "2w", "draft=a b |c d e f g h i j"),
    ("vim.3", "vim", "a b c d e f g h i j<esc>0", "3w", "draft=a b c |d e f g h i j"),
    ("vim.4", "vim", "a b c d e f g h i j<esc>0", "4w", "draft=a b c d |e f g h i j"),
    ("vim.5", "vim", "a b c d e f g h i j<esc>0", "5w", "draft=a b c d e |f g h i j"),
    ("vim.6", "vim", "a b c d e f g h i j<esc>0", "6w", "draft=a b c d e f |g h i j"),
    ("vim.7", "vim", "a b c d e f g h i j<esc>0", "7w", "draft=a b c d e f g |h i j"),
    ("vim.8", "vim", "a b c d e f g h i j<esc>0", "8w", "draft=a b c d e f g h |i j"),
    ("vim.9", "vim", "a b c d e f g h i j<esc>0", "9w", "draft=a b c d e f g h i |j"),
    ("vim.cancel", "vim", "one<esc>2d", "<esc>", "command=; draft=on|e"),
];

const ON_TOP: &[Row] = &[
    ("menu.up", "", "<C-k><down>", "<up>", "over=Palette typed= marked=0"),
    ("menu.down", "", "<C-k>", "<down>", "over=Palette typed= marked=1"),
    ("menu.page-up", "", "<C-k><pgdown>", "<pgup>", "over=Palette typed= marked=0"),
    ("menu.page-down", "", "<C-k>", "<pgdown>", "over!"),
    ("menu.accept", "", "<C-k>carla", "<ret>", "over=-; open=carla"),
    ("menu.accept-beside", "", "<C-k>carla", "<C-o>", "panes=bob,carla*"),
    ("request.left", "answering", "<right>", "<left>", "answering=0"),
    ("request.right", "answering", "", "<right>", "answering=1"),
    ("request.accept", "answering", "", "<ret>", "does~access: Allow; prompts=0"),
    ("request.allow", "answering", "", "a", "does~access: Allow; prompts=0"),
    ("request.add", "answering", "", "c", "does~PutContact; prompts=0"),
    ("request.block", "answering", "", "b", "does~access: Block; prompts=0"),
    ("request.later", "answering", "", "l", "prompts=0; does="),
    ("status.account", "two accounts", "<f5>", "<tab>", "account=work"),
];

const REQUESTS: &[Row] = &[
    ("requests", "requests", "", "<C-x>q", "over=Requests marked=0"),
    ("requests.accept", "requests", "<C-x>q", "a", "over=-; open=eve"),
    ("requests.add", "requests", "<C-x>q", "c", "open=eve; does~PutContact"),
    ("requests.block", "requests", "<C-x>q", "b", "requests=1; does~access: Block"),
    ("requests.delete", "requests", "<C-x>q", "d", "requests=1; does="),
    ("requests.report", "requests", "<C-x>q", "r", "requests=2; does~WriteReport"),
];

const BOARD: &[Row] = &[
    ("board.up", "board", "jj", "k", "board_row=carla"),
    ("board.down", "board", "", "j", "board_row=carla"),
    ("board.page-up", "board", "G", "<pgup>", "board_row!"),
    ("board.page-down", "board", "", "<pgdown>", "board_row!"),
    ("board.top", "board", "", "g", "board_row=Ops on call"),
    ("board.bottom", "board", "", "G", "board_row=lee"),
    ("board.open", "board", "j", "<ret>", "open=carla; board=-"),
    ("board.sort", "board", "", "s", "order=change"),
    ("board.filter", "board", "", "/car", "board_filter=car"),
    ("board.online", "board", "", "o", "board_online=true"),
    ("board.pin", "board", "", "p", "pinned=bob"),
    ("board.alert", "board", "", "w", "note~Bob Stone"),
    ("board.close", "board", "", "q", "board=-"),
];

#[test]
fn every_action_does_what_its_row_says() {
    let mut wrong = Vec::new();
    for row in ROWS.iter().copied().flatten() {
        if let Err(why) = holds(row) {
            wrong.push(format!("{}: {why}", row.0));
        }
    }
    assert!(wrong.is_empty(), "{} rows do not hold:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_action_of_the_catalogue_has_a_row() {
    let told = |name: &str| ROWS.iter().copied().flatten().filter(|row| row.0 == name).count();
    let missing: Vec<&str> = catalogue().map(|spec| spec.name).filter(|name| told(name) != 1).collect();
    assert!(missing.is_empty(), "these have no row, or more than one: {missing:?}");
    let known = |name: &str| catalogue().any(|spec| spec.name == name);
    assert!(ROWS.iter().copied().flatten().all(|row| known(row.0)), "a row is of no action");
}

/// Plays a row.
fn holds((name, base, before, keys, facts): &Row) -> Result<(), String> {
    let spec = catalogue().find(|spec| spec.name == *name).ok_or("there is no such action")?;
    let mut app = prepared(base);
    play(&mut app, before);
    app.notes.clear();
    let was = portrait(&app, &Vec::new());
    let (mut effects, mut reached) = (Effects::new(), false);
    for chord in chords(keys) {
        let map = app.keys.clone();
        for action in press(chord, &app, &map) {
            reached |= action == spec.action;
            effects.extend(act(&mut app, action));
        }
    }
    let command = spec.slash.iter().any(|word| keys.starts_with(&format!("/{word}")));
    let chosen = before.starts_with("<C-k>") && *keys == "<ret>";
    if !reached && !command && !chosen {
        return Err(format!("`{keys}` is not its key there"));
    }
    let is = portrait(&app, &effects);
    let (mut all, mut before) = (true, true);
    for fact in facts.split("; ") {
        all &= fits(fact, &is, &was);
        before &= fits(fact, &was, &was);
    }
    match (all, before) {
        (true, false) => Ok(()),
        (true, true) => Err(format!("`{facts}` held before")),
        (false, _) => Err(format!("`{facts}` does not hold:\n{is}")),
    }
}

fn fits(fact: &str, is: &str, was: &str) -> bool {
    let line = |of: &str, key: &str| of.lines().find(|line| line.starts_with(&format!("{key}="))).map(str::to_owned);
    if let Some(key) = fact.strip_suffix('!') {
        return line(is, key) != line(was, key);
    }
    match fact.split_once('~') {
        Some((key, part)) if !key.contains('=') => {
            is.lines().any(|line| line.strip_prefix(key).is_some_and(|rest| rest.starts_with('=') && rest.contains(part)))
        }
        _ => is.lines().any(|line| line == fact),
    }
}

/// The state a row begins with.
fn prepared(base: &str) -> App {
    let set = if base == "vim" { KeySet::Vim } else { KeySet::Plain };
    let (mut app, _) = with(set, &[]);
    let (id, bob) = (AccountId::new("work"), app.screen.open().unwrap().clone());
    match base {
        "" => {}
        "empty" | "vim" => app.screen.drafts.clear(),
        "wide" => app.size = (120, 40),
        "list" => app.focus = Focus::Roster,
        "messages" => drop(act(&mut app, Action::Reading(Reading::Select))),
        "beside" => drop(play(&mut app, "<C-x>3<C-x>g2")),
        "below" => drop(play(&mut app, "<C-x>2<C-x>g2")),
        "board" => drop(act(&mut app, Action::List(ListAct::Board))),
        "busy" => drop(play(&mut app, "<C-u>/busy<ret>")),
        "asked" | "answering" => {
            app.prompts = sample_app().prompts;
            app.screen.answering = (base == "answering").then_some(0);
        }
        "requests" => {
            let map = app.keys.clone();
            app = crate::app::sample::sample_with_requests();
            app.keys = map;
        }
        "room" => {
            let map = app.keys.clone();
            app = sample_with_rooms();
            app.keys = map;
        }
        "many" => {
            let account = app.accounts.get_mut(&id).unwrap();
            let everybody: Vec<_> = account.roster.contacts().map(|contact| contact.address.clone()).collect();
            for who in everybody {
                account.conversations.entry(who).or_insert_with(Conversation::default);
            }
            app.rows_changed();
        }
        "off" | "waiting" => {
            app.screen.drafts.clear();
            let why = WaitReason::Timeout { at: "sip.example.test".to_owned() };
            app.accounts.get_mut(&id).unwrap().phase = match base {
                "off" => SignInPhase::Offline { why: None },
                _ => SignInPhase::Waiting { retry_in: std::time::Duration::from_secs(9), why },
            };
        }
        "pictures" => app = crate::app::sample::sample_with_pictures(),
        "file" => app = crate::app::sample::sample_with_files(),
        "two accounts" => {
            let other = app.accounts[&id].clone();
            app.accounts.insert(AccountId::new("zone"), other);
            app.rows_changed();
        }
        "settings" => {
            app.screen.drafts.clear();
            let path = std::path::Path::new("config.toml");
            let (raw, _) = crate::config::RawFile::parse("[ui]\nmouse = true\n", path);
            let paths =
                crate::config::Paths { config: path.into(), config_given: true, data_dir: "d".into(), state_dir: "s".into() };
            let over = crate::config::Overrides::default();
            app.settings = crate::config::resolve(&raw, Some(path), Vec::new(), &paths, &over).rows;
        }
        other => panic!("no state is called {other}"),
    }
    assert!(base == "room" || app.screen.open().is_some() && bob.account() == &id);
    app
}

/// What a row can say of a state.
fn portrait(app: &App, effects: &Effects) -> String {
    let screen = &app.screen;
    let name = |chat: Option<&crate::app::ChatKey>| match chat {
        None => "-".to_owned(),
        Some(crate::app::ChatKey::Person(peer)) => peer.who.user().to_owned(),
        Some(crate::app::ChatKey::Room(key)) => key.room.to_string(),
    };
    let row = |key: Option<RowKey>| match key {
        Some(RowKey::Group(_, group)) => group.title().to_owned(),
        Some(key) => name(key.chat().as_ref()),
        None => "-".to_owned(),
    };
    let open = screen.open();
    let (text, cursor) = open.and_then(|chat| screen.drafts.get(chat)).map_or(("", 0), |draft| (draft.text(), draft.cursor()));
    let (left, right) = text.split_at(cursor);
    let panes: Vec<String> = screen
        .panes
        .iter()
        .map(|(id, pane)| name(pane.chat.as_ref()) + if id == screen.panes.focused_id() { "*" } else { "" })
        .collect();
    let account = app.accounts.values().next().unwrap();
    let rule = open.and_then(|chat| account.rules.of(chat)).and_then(|rule| rule.at(app.now)).map(|(level, _)| level);
    let place = screen.pane().place;
    let folded: Vec<String> = screen.folded.iter().map(|key| row(Some(key.clone()))).collect();
    let pinned: Vec<&str> = account.marks.pinned.iter().map(crate::model::Address::user).collect();
    let hidden = [(screen.roster_hidden, "roster"), (screen.details_hidden, "details")];
    let hidden: Vec<&str> = hidden.into_iter().filter(|(is, _)| *is).map(|(_, part)| part).collect();
    let mut out = String::new();
    let mut say =
        |key: &str, value: &dyn std::fmt::Display| writeln!(out, "{key}={}", value.to_string().replace('\n', "\\n")).unwrap();
    say("focus", &format!("{:?}", app.focus));
    say("open", &name(open));
    say("unread", &open.and_then(|chat| app.conversation(chat)).map_or(0, |talk| talk.unread));
    say("panes", &panes.join(","));
    say("layout", &format!("{:?}", screen.panes.layout()));
    say("zoomed", &screen.panes.is_zoomed());
    say("over", &screen.overlay.as_ref().map_or("-".to_owned(), on_top));
    say("account", &on_top_account(app));
    say("draft", &format!("{left}|{right}"));
    say("mode", &format!("{:?}", screen.vim.mode));
    say("command", &screen.vim.begun());
    say("row", &row(app.rows().get(app.selected_row()).map(|row| row.key)));
    say("rows", &app.rows().len());
    say("folded", &folded.join(","));
    say("filter", &screen.filter.text());
    say("online", &screen.online_only);
    say("unread_only", &screen.unread_only);
    say("width", &format!("{:?}", screen.roster_width));
    say("hidden", &hidden.join(","));
    say("one", &screen.account.as_ref().map_or("-".to_owned(), ToString::to_string));
    say("apart", &screen.apart);
    say("mouse", &screen.mouse);
    say("pinned", &pinned.join(","));
    say("rule", &rule.map_or("-".to_owned(), |level| format!("{level:?}")));
    say("place", &if place.at_end() { "end" } else { "back" });
    say("pages", &place.pages);
    say("scrolled", &place.rows);
    say("message", &place.cursor.map_or("-".to_owned(), |number| number.to_string()));
    say("search", &screen.search.as_ref().map_or("-", |search| if search.typing { "typed" } else { "done" }));
    say("hinting", &screen.hinting.as_ref().map_or("no", |_| "yes"));
    say("answering", &screen.answering.map_or("-".to_owned(), |at| at.to_string()));
    say("prompts", &app.prompts.len());
    say("requests", &app.requests());
    say("own", &format!("{:?} {}", account.own.chosen, account.own.note).trim());
    say("board", &if screen.board.shown { "shown" } else { "-" });
    say("order", &screen.board.sorting.word());
    say("board_row", &row(app.board_rows().get(app.board_row()).map(|row| row.key)));
    say("board_filter", &screen.board.filter.text());
    say("board_online", &screen.board.online_only);
    say("note", &app.notes.back().map_or("", |note| note.text.as_str()));
    let side = |effect: &&Effect| !matches!(effect, Effect::StartTimer(..) | Effect::Title(_));
    effects.iter().filter(side).for_each(|effect| say("does", &format!("{effect:?}")));
    if !effects.iter().any(|effect| side(&effect)) {
        say("does", &"");
    }
    out
}

/// What lies on top, in a few words.
fn on_top(overlay: &Overlay) -> String {
    let purpose = |purpose: &crate::app::Purpose| format!("{purpose:?}").split(['(', ' ']).next().unwrap().to_owned();
    let line = |kind: &str, line: &Composer, marked: usize| format!("{kind} typed={} marked={marked}", line.text());
    match overlay {
        Overlay::Help(..) => "Help".to_owned(),
        Overlay::Palette(typed, marked) => line("Palette", typed, *marked),
        Overlay::Invite(_, typed, marked) => line("Invite", typed, *marked),
        Overlay::Sent(_, typed, marked) => line("Sent", typed, *marked),
        Overlay::Settings(page) => line("Settings", &page.line, page.marked),
        Overlay::Policies(page) => format!("{} all={}", line("Policies", &page.line, page.marked), page.all),
        Overlay::Requests(page) => format!("Requests marked={}", page.marked),
        Overlay::Find(finder) => format!("Find typed={}", finder.words()),
        Overlay::Menu(menu) => format!("Menu {:?} marked={}", menu.about, menu.marked),
        Overlay::Status(menu) => format!("Status marked={} writing={}", menu.marked, menu.writing),
        Overlay::Alerts(marked) => format!("Alerts marked={marked}"),
        Overlay::Letter(_, number, _) => format!("Letter {number}"),
        Overlay::History(found) => format!("History typed={} hits={}", found.line.text(), found.hits.len()),
        Overlay::Doubt(_, marked) => format!("Doubt marked={marked}"),
        Overlay::Ask(of, typed) => format!("Ask {} typed={}", purpose(of), typed.text()),
        Overlay::Password(_, typed) => format!("Password letters={}", typed.letters()),
        Overlay::Confirm(of) => format!("Confirm {}", purpose(of)),
        Overlay::Picture(viewed) => format!("Picture {}", viewed.id),
        Overlay::Told { title, .. } => format!("Told {title}"),
    }
}

fn on_top_account(app: &App) -> String {
    match &app.screen.overlay {
        Some(Overlay::Status(menu)) => menu.account.as_ref().map_or("all".to_owned(), ToString::to_string),
        _ => "-".to_owned(),
    }
}
