#!/usr/bin/env bash
# baresip.sh DIR USER tcp|tls PORT CA.pem BUDDY   baresip on standard input and output
# Commands, one a line:  /message text (to BUDDY)   /presence_offline   /presence_online   /contacts   /quit
set -euo pipefail
dir=$1 user=$2 proto=$3 port=$4 ca=$5 buddy=$6
command -v baresip >/dev/null || { echo "baresip is not installed: run tests/run.sh" >&2; exit 1; }
mkdir -p "$dir"; cd "$dir"
cat > config <<CFG
poll_method		epoll
sip_listen		127.0.0.1:0
sip_cafile		$ca
module_path		$(ls -d /usr/lib/baresip/modules)
module			stdio.so
module			g711.so
module			ausine.so
module_tmp		uuid.so
module_tmp		account.so
module_app		contact.so
module_app		menu.so
module_app		presence.so
CFG
echo "<sip:$user@example.test>;auth_user=$user;auth_pass=pw-$user;outbound=\"sip:127.0.0.1:$port;transport=$proto\";regint=600;pubint=10;answermode=manual" > accounts
echo "\"$buddy\" <sip:$buddy@example.test>;presence=p2p" > contacts
echo "sip:$buddy@example.test" > current_contact
exec baresip -f "$PWD"
