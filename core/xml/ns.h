/* SPDX-License-Identifier: MIT
 * All namespace names, each in one place.
 */
#ifndef MOTE_NS_H
#define MOTE_NS_H

#define NS_XML "http://www.w3.org/XML/1998/namespace"
#define NS_XMLNS "http://www.w3.org/2000/xmlns/"

#define NS_STREAM "http://etherx.jabber.org/streams"       /* RFC 6120 */
#define NS_CLIENT "jabber:client"                          /* RFC 6120 */
#define NS_STREAM_ERROR "urn:ietf:params:xml:ns:xmpp-streams"
#define NS_STANZA_ERROR "urn:ietf:params:xml:ns:xmpp-stanzas"
#define NS_TLS "urn:ietf:params:xml:ns:xmpp-tls"
#define NS_SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define NS_SASL2 "urn:xmpp:sasl:2"                           /* XEP-0388 */
#define NS_BIND2 "urn:xmpp:bind:0"                           /* XEP-0386 */
#define NS_FAST "urn:xmpp:fast:0"                            /* XEP-0484 */
#define NS_CONFIG_VERSION "urn:xmpp:iap:0"                   /* XEP-0509 */
#define NS_BIND "urn:ietf:params:xml:ns:xmpp-bind"
#define NS_CHANNEL_BINDING "urn:xmpp:sasl-cb:0"            /* XEP-0440 */
#define NS_REGISTER "jabber:iq:register"                   /* XEP-0077 */
#define NS_REGISTER_FEATURE "http://jabber.org/features/iq-register"
#define NS_INVITE_FEATURE "urn:xmpp:ibr-token:0"           /* XEP-0445 */
#define NS_PREAUTH "urn:xmpp:pars:0"                       /* XEP-0379 */
#define NS_CAPTCHA "urn:xmpp:captcha"                      /* XEP-0158 */
#define NS_MEDIA "urn:xmpp:media-element"                  /* XEP-0221 */
#define NS_OOB "jabber:x:oob"                              /* XEP-0066 */
#define NS_SM "urn:xmpp:sm:3"                              /* XEP-0198 */

#define NS_DISCO_INFO "http://jabber.org/protocol/disco#info"   /* XEP-0030 */
#define NS_DISCO_ITEMS "http://jabber.org/protocol/disco#items" /* XEP-0030 */
#define NS_CAPS "http://jabber.org/protocol/caps"               /* XEP-0115 */
#define NS_VERSION "jabber:iq:version"                          /* XEP-0092 */
#define NS_PING "urn:xmpp:ping"                                 /* XEP-0199 */
#define NS_TIME "urn:xmpp:time"                                 /* XEP-0202 */
#define NS_DELAY "urn:xmpp:delay"                               /* XEP-0203 */
#define NS_RECEIPTS "urn:xmpp:receipts"                         /* XEP-0184 */
#define NS_CARBONS "urn:xmpp:carbons:2"                         /* XEP-0280 */
#define NS_FORWARD "urn:xmpp:forward:0"                         /* XEP-0297 */
#define NS_SID "urn:xmpp:sid:0"                                 /* XEP-0359 */
#define NS_ARCHIVE "urn:xmpp:mam:2"                             /* XEP-0313 */
#define NS_EME "urn:xmpp:eme:0"                                 /* XEP-0380 */
#define NS_CSI "urn:xmpp:csi:0"                                 /* XEP-0352 */

#define NS_DATA "jabber:x:data"                                        /* XEP-0004 */
#define NS_RSM "http://jabber.org/protocol/rsm"                        /* XEP-0059 */
#define NS_PUBSUB "http://jabber.org/protocol/pubsub"                  /* XEP-0060 */
#define NS_PUBSUB_OWNER "http://jabber.org/protocol/pubsub#owner"      /* XEP-0060 */
#define NS_PUBSUB_EVENT "http://jabber.org/protocol/pubsub#event"      /* XEP-0060 */
#define NS_PUBSUB_ERRORS "http://jabber.org/protocol/pubsub#errors"    /* XEP-0060 */
#define NS_PUBLISH_OPTIONS "http://jabber.org/protocol/pubsub#publish-options"
#define NS_NODE_CONFIG "http://jabber.org/protocol/pubsub#node_config"
#define NS_MICROBLOG "urn:xmpp:microblog:0"                            /* XEP-0277 */
#define NS_ATOM "http://www.w3.org/2005/Atom"                          /* RFC 4287 */

#define NS_IBB "http://jabber.org/protocol/ibb"                        /* XEP-0047 */
#define NS_JINGLE "urn:xmpp:jingle:1"                                  /* XEP-0166 */
#define NS_JINGLE_ERRORS "urn:xmpp:jingle:errors:1"                    /* XEP-0166 */
#define NS_JINGLE_FILE "urn:xmpp:jingle:apps:file-transfer:5"          /* XEP-0234 */
#define NS_JINGLE_IBB "urn:xmpp:jingle:transports:ibb:1"               /* XEP-0261 */
#define NS_JINGLE_S5B "urn:xmpp:jingle:transports:s5b:1"
#define NS_HTTP_UPLOAD "urn:xmpp:http:upload:0"                        /* XEP-0363 */
#define NS_OOB "jabber:x:oob"                                          /* XEP-0066 */
#define NS_SFS "urn:xmpp:sfs:0"                                        /* XEP-0447 */
#define NS_FILE_METADATA "urn:xmpp:file:metadata:0"                    /* XEP-0446 */
#define NS_URL_DATA "http://jabber.org/protocol/url-data"              /* XEP-0103 */
#define NS_FALLBACK "urn:xmpp:fallback:0"                              /* XEP-0428 */
#define NS_SIMS "urn:xmpp:sims:1"                                      /* XEP-0385 */
#define NS_REFERENCE "urn:xmpp:reference:0"                            /* XEP-0372 */
#define NS_HASHES "urn:xmpp:hashes:2"                                  /* XEP-0300 */

#endif
