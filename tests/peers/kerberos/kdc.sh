#!/usr/bin/env bash
# kdc.sh DIR PORT [rc4] - a KDC of MIT Kerberos for the realm EXAMPLE.TEST on 127.0.0.1:PORT, as any user, until it is killed.
# DIR gets krb5.conf and sip.keytab. Users alice and bob (password pw-NAME), services sip/lcs.example.test and
# sip/example.test; the keytab has the keys of both. rc4: services have the cipher of the old servers only.
set -euo pipefail
dir=$1 port=$2 cipher=${3:-aes}
old='' key=''
if [ "$cipher" = rc4 ]; then
  old=$'allow_weak_crypto = true\n  allow_rc4 = true\n  permitted_enctypes = arcfour-hmac aes256-cts-hmac-sha1-96'
  key='-e arcfour-hmac:normal'
fi
export PATH=$PATH:/usr/sbin KRB5_CONFIG=$dir/krb5.conf KRB5_KDC_PROFILE=$dir/kdc.conf
cat >"$dir/krb5.conf" <<CONF
[libdefaults]
  default_realm = EXAMPLE.TEST
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
  $old
[realms]
  EXAMPLE.TEST = {
    kdc = 127.0.0.1:$port
  }
[domain_realm]
  .example.test = EXAMPLE.TEST
  example.test = EXAMPLE.TEST
CONF
cat >"$dir/kdc.conf" <<CONF
[kdcdefaults]
  kdc_listen = 127.0.0.1:$port
  kdc_tcp_listen = 127.0.0.1:$port
[realms]
  EXAMPLE.TEST = {
    database_name = $dir/principal
    key_stash_file = $dir/stash
    acl_file = $dir/kadm5.acl
    supported_enctypes = aes256-cts-hmac-sha1-96:normal
  }
[logging]
  kdc = FILE:$dir/kdc.log
CONF
if [ ! -e "$dir/principal" ]; then
  kdb5_util create -s -r EXAMPLE.TEST -P master-of-tests
  for name in alice bob; do echo "addprinc -pw pw-$name $name"; done | kadmin.local -r EXAMPLE.TEST
  for name in lcs.example.test example.test; do
    echo "addprinc -randkey $key sip/$name"
    echo "ktadd -k $dir/sip.keytab -norandkey sip/$name"
  done | kadmin.local -r EXAMPLE.TEST
fi
exec krb5kdc -n -r EXAMPLE.TEST -P "$dir/kdc.pid"
