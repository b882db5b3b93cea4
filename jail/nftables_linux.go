package jail

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"
)

// What a socket says to be told of packets (linux/netfilter/nfnetlink_log.h), which golang.org/x/sys does not have.
const (
	nfulMsgConfig   = 1
	nfulaCfgCmd     = 1
	nfulaCfgMode    = 2
	nfulaCfgQThresh = 5
	nfulCfgCmdBind  = 1
	nfulCopyPacket  = 2

	datagramHeaders = 64 // bytes: IPv4 with options and UDP
)

// The names of what is made in the jail's own network namespace.
const (
	nftTable = "jail"
	nftChain = "prerouting"
)

// Attributes of the expression tproxy (linux/netfilter/nf_tables.h), which golang.org/x/sys does not have.
const (
	nftaTproxyFamily = iota + 1
	nftaTproxyRegAddr
	nftaTproxyRegPort
)

// redirect hands every TCP connection to an address that is not the jail's own loopback to the listener at a port of it,
// with what it was addressed to as the listener's local address (Documentation/networking/tproxy.rst):
//
//	table inet jail { chain prerouting { type filter hook prerouting priority mangle
//	  ip daddr 198.18.0.2 meta l4proto tcp accept
//	  ip daddr != 127.0.0.0/8 meta l4proto tcp tproxy ip to 127.0.0.1:PORT
//	  ip6 daddr != ::1 meta l4proto tcp tproxy ip6 to [::1]:PORT } }
//
// The kernel takes all of it or nothing.
func redirect(port int, own netip.Addr, v6 bool) error {
	messages := []message{
		batch(unix.NFNL_MSG_BATCH_BEGIN),
		nft(unix.NFT_MSG_NEWTABLE, cstring(nil, unix.NFTA_TABLE_NAME, nftTable)),
		nft(unix.NFT_MSG_NEWCHAIN, chain()),
		nft(unix.NFT_MSG_NEWRULE, rule(protocolOf(unix.NFPROTO_IPV4, unix.IPPROTO_TCP), destination(16, unix.NFT_CMP_EQ, own.AsSlice()), accept())),
		nft(unix.NFT_MSG_NEWRULE, rule(protocolOf(unix.NFPROTO_IPV4, unix.IPPROTO_TCP), destination(16, unix.NFT_CMP_NEQ, []byte{127}), tproxy(loopback4, port))),
	}
	if v6 {
		messages = append(messages,
			nft(unix.NFT_MSG_NEWRULE, rule(protocolOf(unix.NFPROTO_IPV6, unix.IPPROTO_TCP), destination(24, unix.NFT_CMP_NEQ, netip.IPv6Loopback().AsSlice()), tproxy(netip.IPv6Loopback(), port))))
	}
	return netlink(unix.NETLINK_NETFILTER, append(messages, batch(unix.NFNL_MSG_BATCH_END))...)
}

// datagramGroup is the group of NFLOG that is told of datagrams; those of one network namespace are no other's.
const datagramGroup = 7

// tellDatagrams has the socket told of each datagram that goes to an address which is not the jail's own, with as much of it as
// its two headers take:
//
//	ip daddr != 127.0.0.0/8 ip daddr != 198.18.0.2 udp dport != 53 limit rate 50/second log group 7 snaplen 64 queue-threshold 1
//	ip6 daddr != ::1 meta l4proto udp limit rate 50/second log group 7 snaplen 64 queue-threshold 1
//
// Preconditions: redirect has made the chain.
func tellDatagrams(fd int, own netip.Addr, v6 bool) error {
	subscribe := attr(nil, nfulaCfgCmd, []byte{nfulCfgCmdBind})
	subscribe = attr(subscribe, nfulaCfgMode, []byte{0, 0, 0, datagramHeaders, nfulCopyPacket, 0})
	subscribe = word(subscribe, nfulaCfgQThresh, 1) // or else they wait for a second, and a short run's are lost
	config := message{
		kind:  unix.NFNL_SUBSYS_ULOG<<8 | nfulMsgConfig,
		flags: unix.NLM_F_ACK,
		body:  append([]byte{unix.AF_UNSPEC, unix.NFNETLINK_V0, 0, datagramGroup}, subscribe...),
	}
	if err := exchange(fd, config); err != nil {
		return err
	}
	foreign := slices.Concat(protocolOf(unix.NFPROTO_IPV4, unix.IPPROTO_UDP), destination(16, unix.NFT_CMP_NEQ, []byte{127}), destination(16, unix.NFT_CMP_NEQ, own.AsSlice()))
	messages := []message{batch(unix.NFNL_MSG_BATCH_BEGIN), nft(unix.NFT_MSG_NEWRULE, rule(foreign, portIsNot(dnsPort), logged()))}
	if v6 {
		messages = append(messages, nft(unix.NFT_MSG_NEWRULE, rule(protocolOf(unix.NFPROTO_IPV6, unix.IPPROTO_UDP), destination(24, unix.NFT_CMP_NEQ, netip.IPv6Loopback().AsSlice()), logged())))
	}
	return netlink(unix.NETLINK_NETFILTER, append(messages, batch(unix.NFNL_MSG_BATCH_END))...)
}

// batch begins or ends what the kernel takes as a whole. It answers neither.
func batch(kind uint16) message {
	return message{kind: kind, body: []byte{unix.AF_UNSPEC, unix.NFNETLINK_V0, 0, unix.NFNL_SUBSYS_NFTABLES}}
}

func nft(kind uint16, attributes []byte) message {
	return message{
		kind:  unix.NFNL_SUBSYS_NFTABLES<<8 | kind,
		flags: unix.NLM_F_ACK | unix.NLM_F_CREATE | unix.NLM_F_APPEND,
		body:  append([]byte{unix.NFPROTO_INET, unix.NFNETLINK_V0, 0, 0}, attributes...),
	}
}

func chain() []byte {
	mangle := int32(-150) // before routing, as NF_IP_PRI_MANGLE
	hook := word(nil, unix.NFTA_HOOK_HOOKNUM, unix.NF_INET_PRE_ROUTING)
	hook = word(hook, unix.NFTA_HOOK_PRIORITY, uint32(mangle))
	c := cstring(nil, unix.NFTA_CHAIN_TABLE, nftTable)
	c = cstring(c, unix.NFTA_CHAIN_NAME, nftChain)
	c = nest(c, unix.NFTA_CHAIN_HOOK, hook)
	return cstring(c, unix.NFTA_CHAIN_TYPE, "filter")
}

// rule joins what expressions say.
func rule(parts ...[]byte) []byte {
	var all []byte
	for _, part := range parts {
		all = append(all, part...)
	}
	r := cstring(nil, unix.NFTA_RULE_TABLE, nftTable)
	r = cstring(r, unix.NFTA_RULE_CHAIN, nftChain)
	return nest(r, unix.NFTA_RULE_EXPRESSIONS, all)
}

// expression appends one expression of a rule.
func expression(name string, data []byte) []byte {
	return nest(nil, unix.NFTA_LIST_ELEM, nest(cstring(nil, unix.NFTA_EXPR_NAME, name), unix.NFTA_EXPR_DATA, data))
}

// protocolOf goes on with one protocol of one address family only.
func protocolOf(family, protocol byte) []byte {
	return append(metaIs(unix.NFT_META_NFPROTO, family), metaIs(unix.NFT_META_L4PROTO, protocol)...)
}

func metaIs(key uint32, value byte) []byte {
	load := word(word(nil, unix.NFTA_META_DREG, unix.NFT_REG_1), unix.NFTA_META_KEY, key)
	return append(expression("meta", load), compare(unix.NFT_CMP_EQ, []byte{value})...)
}

// destination goes on where the first bytes of the destination, which stands at an offset of the IP header, compare as said.
func destination(offset, op uint32, value []byte) []byte {
	return header(unix.NFT_PAYLOAD_NETWORK_HEADER, offset, op, value)
}

// portIsNot goes on where the destination port of UDP is another.
func portIsNot(port uint16) []byte {
	return header(unix.NFT_PAYLOAD_TRANSPORT_HEADER, 2, unix.NFT_CMP_NEQ, binary.BigEndian.AppendUint16(nil, port))
}

func header(base, offset, op uint32, value []byte) []byte {
	load := word(nil, unix.NFTA_PAYLOAD_DREG, unix.NFT_REG_1)
	load = word(load, unix.NFTA_PAYLOAD_BASE, base)
	load = word(load, unix.NFTA_PAYLOAD_OFFSET, offset)
	load = word(load, unix.NFTA_PAYLOAD_LEN, uint32(len(value)))
	return append(expression("payload", load), compare(op, value)...)
}

func compare(op uint32, value []byte) []byte {
	c := word(word(nil, unix.NFTA_CMP_SREG, unix.NFT_REG_1), unix.NFTA_CMP_OP, op)
	return expression("cmp", nest(c, unix.NFTA_CMP_DATA, attr(nil, unix.NFTA_DATA_VALUE, value)))
}

func accept() []byte {
	verdict := nest(nil, unix.NFTA_DATA_VERDICT, word(nil, unix.NFTA_VERDICT_CODE, 1)) // NF_ACCEPT
	return expression("immediate", nest(word(nil, unix.NFTA_IMMEDIATE_DREG, unix.NFT_REG_VERDICT), unix.NFTA_IMMEDIATE_DATA, verdict))
}

// logged tells the group of a packet, fifty times a second at most: the jail decides how many there are.
func logged() []byte {
	limit := attr(nil, unix.NFTA_LIMIT_RATE, binary.BigEndian.AppendUint64(nil, 50))
	limit = attr(limit, unix.NFTA_LIMIT_UNIT, binary.BigEndian.AppendUint64(nil, 1)) // second
	limit = word(limit, unix.NFTA_LIMIT_BURST, 50)
	log := attr(nil, unix.NFTA_LOG_GROUP, binary.BigEndian.AppendUint16(nil, datagramGroup))
	log = word(log, unix.NFTA_LOG_SNAPLEN, datagramHeaders)
	log = attr(log, unix.NFTA_LOG_QTHRESHOLD, binary.BigEndian.AppendUint16(nil, 1))
	return append(expression("limit", limit), expression("log", log)...)
}

// tproxy gives the packet to the transparent listener at an address.
func tproxy(address netip.Addr, port int) []byte {
	proto := uint32(unix.NFPROTO_IPV4)
	if address.Is6() {
		proto = unix.NFPROTO_IPV6
	}
	to := word(nil, nftaTproxyFamily, proto)
	to = word(to, nftaTproxyRegAddr, unix.NFT_REG_1)
	to = word(to, nftaTproxyRegPort, unix.NFT_REG_2)
	all := append(immediate(unix.NFT_REG_1, address.AsSlice()), immediate(unix.NFT_REG_2, binary.BigEndian.AppendUint16(nil, uint16(port)))...)
	return append(all, expression("tproxy", to)...)
}

func immediate(register uint32, value []byte) []byte {
	return expression("immediate", nest(word(nil, unix.NFTA_IMMEDIATE_DREG, register), unix.NFTA_IMMEDIATE_DATA, attr(nil, unix.NFTA_DATA_VALUE, value)))
}
